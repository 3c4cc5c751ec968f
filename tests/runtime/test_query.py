"""Queries over published tables: what does not fit them is told, not thrown."""

import pytest
from pyspark.sql import SparkSession

from cdp_spark.contracts import Column, TableContract
from cdp_spark.errors import UsageError
from cdp_spark.runtime.published import Published
from cdp_spark.runtime.query import as_texts, query_result
from cdp_spark.runtime.rows import frame_of_rows
from cdp_spark.runtime.tables import Tables

THINGS = TableContract("gold.things", "", (Column("id", "STRING", ""), Column("n", "BIGINT", "")), ("id",))


@pytest.fixture
def published(spark: SparkSession, tables: Tables) -> Published:
    version = tables.append(THINGS, frame_of_rows(spark, THINGS.schema, [("a", 1)])).version
    return Published(tables, {THINGS.name: version or 0})


def test_the_rows_of_a_version_are_read(spark: SparkSession, published: Published) -> None:
    assert query_result(spark, published, [THINGS], "select * from gold.things").collect() == [("a", 1)]


def test_a_column_that_is_not_there_is_named_with_those_that_are(spark: SparkSession, published: Published) -> None:
    with pytest.raises(UsageError, match=r"`idd` cannot be resolved.*`id`"):
        query_result(spark, published, [THINGS], "select idd from gold.things")


def test_an_unknown_table_is_named(spark: SparkSession, published: Published) -> None:
    with pytest.raises(UsageError, match=r"'gold\.thongs' is no published table"):
        query_result(spark, published, [THINGS], "select 1 from gold.thongs")


def test_values_are_shown_as_people_write_them_and_times_in_utc(
    spark: SparkSession, published: Published, far_east: None
) -> None:
    query = """
        select timestamp'2026-03-01 10:00:00.5Z' as at, array('a', 'b') as at, named_struct('x', 1, 'y', 'é') as s,
               map('k', timestamp'2026-03-01 10:00:00Z') as m, cast(null as string) as nothing, 1.50 as amount,
               x'CAFE' as bytes, true as is_true
        from gold.things
    """
    [row] = as_texts(query_result(spark, published, [THINGS], query)).collect()
    assert list(row) == [
        "2026-03-01 10:00:00.5", '["a","b"]', '{"x":1,"y":"é"}', '{"k":"2026-03-01T10:00:00.000Z"}', "", "1.50",
        "CAFE", "true",
    ]  # fmt: skip
