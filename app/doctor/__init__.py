"""`novabot doctor`: finds what could silently break forgetting, and says how to mend it."""
