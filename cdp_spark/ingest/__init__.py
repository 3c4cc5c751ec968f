"""Lands raw files: every record of every stream becomes one row of ``bronze.<source>``, as it arrived.

Reads the files below ``landing`` that ``sources/*.yml`` names, and ``ops.landings``. Writes ``bronze.<source>`` and
``ops.landings``. Must always hold: each version of a file is taken once, whatever dies in between; each record of
it is a row, with a ``fault`` where it could not be read as one; a run that finds nothing new makes no commit.

A landing goes in three commits: what is planned, the records (a repeated landing adds nothing), what has landed.
A run that finds a plan without an end finishes exactly that landing first.
"""
