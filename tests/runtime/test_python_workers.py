"""Workers have what they need before their first task."""

import sys

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import arrow_udf


def test_a_worker_has_loaded_what_functions_over_arrow_need(spark: SparkSession) -> None:
    def is_loaded(names: pa.Array) -> pa.Array:
        return pa.array([name in sys.modules for name in names.to_pylist()])

    names = ["numpy", "pandas", "pyarrow.compute", "phonenumbers", "a_module_that_is_not_there"]
    loaded = arrow_udf("boolean")(is_loaded)  # type: ignore[call-overload]  # the stubs know no name of a type
    row = spark.range(1).select(*[loaded(F.lit(n)).alias(n) for n in names]).first()
    assert row is not None
    assert row.asDict() == {n: not n.startswith("a_") for n in names}
