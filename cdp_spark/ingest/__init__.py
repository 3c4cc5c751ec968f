"""Lands raw data: every record of every stream becomes one row of ``bronze.<source>``, as it arrived.

Reads what ``sources/*.yml`` names (files below ``landing``, Kafka topics, database tables, Delta tables of others) and
``ops.landings``. Writes ``bronze.<source>`` and ``ops.landings``. Must always hold: each version of a file, each offset,
each version of a row is taken once, whatever dies in between; each record is a row, with a ``fault`` where it could not
be read as one; a run that finds nothing new makes no commit.

A landing goes in three commits: what is planned, the records (a repeated landing adds nothing), what has landed. A run
that finds a plan without an end finishes exactly that landing first. ``step`` is that path, the same for all kinds of
sources; a ``Reader`` (``readers``) plans and reads one kind, and ``kinds`` says which takes which stream.

How the kinds keep it: a file's version is its path, size and time. A topic's stretch is its offsets, fixed by the plan.
A table's stretch begins at a cursor, open upwards: what has landed says where the next one begins, and rows that landed
before as they are now are left out. A Delta table's stretch is its versions.
"""
