"""`novabot migrate`: the files of sql/, in order, one migration at a time, harming nobody."""
