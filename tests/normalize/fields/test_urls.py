"""What is the query of a URL, whatever people paste into it."""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.normalize.fields.urls import query_of
from cdp_spark.runtime.rows import frame_of_rows

QUERIES: list[tuple[str | None, str | None]] = [
    (None, None),
    ("", None),
    ("https://x.com/shop", None),
    ("https://x.com/shop?", "&"),
    ("https://x.com/?a=1&b=2", "&a=1&b=2"),
    ("https://x.com/?a=1#part", "&a=1"),
    ("https://x.com/#part?a=1", None),
    ("https://x.com/?a=1?b=2", "&b=2"),
    ("https://x.com/?a=1?b=2#c?d=3", "&b=2"),
    ("https://x.com/ü?größe=ä", "&größe=ä"),
]


def test_the_query_is_what_follows_the_last_question_mark_before_the_fragment(spark: SparkSession) -> None:
    urls = frame_of_rows(spark, "id INT, url STRING", [(i, url) for i, (url, _) in enumerate(QUERIES)])
    found = {r["id"]: r["query"] for r in urls.select("id", query_of(F.col("url")).alias("query")).collect()}
    wrong = [(QUERIES[i], query) for i, query in found.items() if query != QUERIES[i][1]]
    assert wrong == [] and len(found) == len(QUERIES)
