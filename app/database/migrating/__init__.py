"""`novabot migrate`: applies the files of sql/, in order, while the services run."""
