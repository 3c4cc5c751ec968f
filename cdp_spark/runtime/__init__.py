"""The edges every stage shares: session, tables, run ledger, publications, clock, progress, secrets.

``tables`` is the only reader and writer of Delta, ``clock`` the only reader of the time, ``secrets`` the only
reader of secrets, ``session`` the only maker of a Spark session. Stages get all of it through a :class:`~cdp_spark.runtime.run.Run`.
"""

import os

# Arrow's allocator gives memory back after a hundredth of a second, and a table written anew by parts has the system clear
# the same pages again and again: a tenth of what that takes. It asks once, when Arrow is loaded.
os.environ.setdefault("MIMALLOC_PURGE_DELAY", "60000")
