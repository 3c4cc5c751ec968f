"""Spark's daemon of Python workers, with what they need loaded before it forks them.

Each worker would load it anew, and a task has as many as it has functions in Python: a second of processor time each. Spark
starts this module by the option ``spark.python.daemon.module``.
"""

import importlib

from pyspark.daemon import manager

# pandas because Arrow looks for it, the rest because functions over Arrow import it.
_LOADED = ("numpy", "pandas", "pyarrow.compute", "phonenumbers", "pyspark.sql.pandas.functions", "pyspark.worker")


if __name__ == "__main__":
    for name in _LOADED:
        importlib.import_module(name)
    manager()
