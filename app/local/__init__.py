"""`novabot up`: the whole system on one machine, with a PostgreSQL of its own."""
