"""silver.ad_spend: what a campaign cost on a day, and how often it was seen and clicked."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from cdp_spark.contracts.reasons import Reason
from cdp_spark.contracts.silver import AD_SPEND
from cdp_spark.normalize.mapping import Parts, judged, rows_of
from cdp_spark.normalize.repeats import content_hash
from cdp_spark.normalize.targets.orders import ahead_warning, with_version


def spend_rows(parts: Parts) -> DataFrame:
    """The days of campaigns in mappings' records, judged.

    Of one campaign and day a file may say one thing only, or one of each time at which it was reported: rows that say
    several are refused, since neither of them is the day's cost, and a report that is broken down further must name what it
    is broken down by in ``campaign``.
    """
    rows = judged(rows_of(parts).transform(with_version), parts, [ahead_warning()])
    several = F.coalesce(_says_several(), F.lit(False))
    reasons = F.when(several, F.array(F.lit(Reason.SEVERAL_ROWS_OF_A_DAY)))
    return rows.withColumn("_reasons", F.coalesce("_reasons", reasons))


def _says_several() -> Column:
    # A record's id begins with that of its file's version.
    in_file = Window.partitionBy(*AD_SPEND.key, "version_ts", F.substring_index("record_id", "-", 1))
    content = content_hash(AD_SPEND)
    return F.min(content).over(in_file) != F.max(content).over(in_file)
