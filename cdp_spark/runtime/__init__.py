"""The edges every stage shares: session, tables, run ledger, publications, clock, progress, secrets.

``tables`` is the only reader and writer of Delta, ``clock`` the only reader of the time, ``secrets`` the only
reader of secrets, ``session`` the only maker of a Spark session. Stages get all of it through a :class:`~cdp_spark.runtime.run.Run`.
"""
