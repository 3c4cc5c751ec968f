"""Each record of a batch counts once, whatever its rows came to."""

from pyspark.sql import DataFrame, SparkSession

from cdp_spark.normalize.accounting import classes, flags_of, refused_flags, tried_flags


def test_a_record_that_goes_again_counts_by_what_became_of_it(spark: SparkSession) -> None:
    def ids(*names: str) -> DataFrame:
        return spark.createDataFrame([(n,) for n in names], "record_id STRING")

    rows = [("made", "kept"), ("was_there", "duplicate"), ("split", "refused"), ("split", "kept"), ("again", "refused")]
    outcomes = spark.createDataFrame(rows, "record_id STRING, _outcome STRING")
    tried = tried_flags(
        ids("made", "was_there", "split", "again", "taken_out", "an_event", "skipped"), [ids("skipped")]
    )
    found = classes([flags_of(outcomes), tried, refused_flags(ids("unreadable"))], ids("an_event", "other"))
    assert found == {"kept": 2, "duplicate": 2, "quarantined": 2, "event": 1, "refused_in_part": 1}
