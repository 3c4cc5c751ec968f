"""One module a kind of field: text as sources write it → one normal form, or NULL where it is none."""
