"""cdp-spark: an open customer data platform made of Spark jobs over Delta tables.

The packages are named by the stage that data passes through, in this order: ``ingest`` (bronze),
``normalize`` and ``consent`` (silver), ``identity``, ``profiles``, ``audiences`` and ``measurement``
(gold), ``activation`` (destinations), ``reports``. ``pipeline`` is the one place that knows that order.
Importing this package starts no session.
"""

__version__ = "0.1.0"
