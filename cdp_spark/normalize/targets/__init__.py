"""One module a silver table: the rules that make typed rows rows of that table."""
