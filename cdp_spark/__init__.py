"""cdp-spark: an open customer data platform made of Spark jobs over Delta tables.

The packages are named by the stage that data passes through, in this order: ``ingest`` (bronze),
``normalize`` and ``consent`` (silver), ``identity``, ``profiles``, ``audiences`` and ``measurement``
(gold), ``activation`` (destinations), ``reports``. ``pipeline`` is the one place that knows that order.
Importing this package starts no session.
"""

import cdp_spark.runtime  # noqa: F401  # settles what Arrow's allocator asks for once, before anything loads Arrow

__version__ = "0.1.0"
