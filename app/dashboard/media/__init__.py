"""Files that clients sent, from Meta to an operator's browser: nothing of them is kept."""
