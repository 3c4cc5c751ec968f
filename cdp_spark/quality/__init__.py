"""Says what is wrong with the data, in words that can be acted on.

Reads bronze, the silver tables, ``identity.nodes`` and ``gold.contact_points``; writes ``ops.quality`` (what was measured) and
``ops.findings`` (what is wrong now). Stands beside the way of the data: no later stage reads what it writes, but a rule
with severity ``stop`` ends the run here, before anything is published or sent.

One Spark job measures everything. Each table becomes *marks*, small rows that say what is to be counted: one a record
that has a defect, and one a record for the wholes. Marks of all tables are counted together. Events, raw records and
quarantine are looked at once, when they land; customers, orders and contact points, which change, as a whole. What the
counts mean is decided on the driver by plain functions over plain numbers (:mod:`cdp_spark.quality.findings`).
Must always hold: no value that names a person leaves the job; the same tables give the same rows.
"""
