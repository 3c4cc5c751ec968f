"""Read-only SQL over the published tables, for ``cdp sql``."""

from collections.abc import Iterable

import sqlglot
from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BinaryType, DataType, MapType, StructType
from sqlglot import exp

from cdp_spark.contracts import TableContract
from cdp_spark.errors import UsageError
from cdp_spark.runtime.published import Published

_ESCAPES = {"java_method", "reflect", "try_reflect", "read_files", "input_file_name"}


def query_result(
    spark: SparkSession, published: Published, contracts: Iterable[TableContract], query: str
) -> DataFrame:
    """The result of one SELECT over published tables, named ``layer.table``.

    Raises UsageError when the text is no single query, names another table or column, or a function that leaves Spark.
    """
    known = {c.name: c for c in contracts if c.name in published.versions}
    used = _tables_used(query, known)
    for name in used:
        published.read(known[name]).createOrReplaceTempView(_view(name))
    try:
        return spark.sql(_with_views(query, set(used)))
    except AnalysisException as e:  # its text names columns and functions, no values of rows
        said = str(e).split(" SQLSTATE", 1)[0].split("\n", 1)[0]
        raise UsageError(
            f"the query does not fit the tables: {said}", fix="`cdp config tables` has their columns"
        ) from e


def as_texts(result: DataFrame) -> DataFrame:
    """The rows of a result as people read them: times in the session's zone, what is nested as JSON; NULL is empty."""
    columns = result.toDF(*[f"c{i}" for i in range(len(result.columns))])  # a query may name two alike
    texts = [F.coalesce(_text(F.col(field.name), field.dataType), F.lit("")) for field in columns.schema]
    return columns.select(*[text.alias(f"c{i}") for i, text in enumerate(texts)])


def _text(value: Column, kind: DataType) -> Column:
    if isinstance(kind, StructType | ArrayType | MapType):
        return F.to_json(value)
    return F.hex(value) if isinstance(kind, BinaryType) else value.cast("string")


def _tables_used(query: str, known: dict[str, TableContract]) -> list[str]:
    tree = _parsed(query)
    functions = {f.name.lower() for f in tree.find_all(exp.Anonymous)} | {
        f.sql_name().lower() for f in tree.find_all(exp.Func)
    }
    if forbidden := sorted(functions & _ESCAPES):
        raise UsageError(f"{forbidden[0]} is not allowed in a query", fix="use functions that only compute")
    own = {c.alias_or_name.lower() for c in tree.find_all(exp.CTE)}
    names = [_name(t) for t in tree.find_all(exp.Table) if _name(t) not in own]
    if unknown := [n for n in names if n not in known]:
        raise UsageError(
            f"{unknown[0]!r} is no published table",
            fix=f"use one of {', '.join(sorted(known)) or 'none yet: run `cdp run` first'}",
        )
    return sorted(set(names))


def _parsed(query: str) -> exp.Query:
    try:
        statements = [s for s in sqlglot.parse(query, read="spark") if s is not None]
    except sqlglot.errors.SqlglotError as e:
        raise UsageError("the query cannot be read", fix="write one SELECT statement of Spark SQL") from e
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise UsageError("only a single SELECT can be run", fix="write one SELECT statement; tables are read-only here")
    return statements[0]


def _with_views(query: str, used: set[str]) -> str:
    tree = _parsed(query)
    for table in list(tree.find_all(exp.Table)):
        if _name(table) in used:
            alias = table.alias or table.name
            table.replace(exp.alias_(exp.to_table(_view(_name(table))), alias, table=True))
    return tree.sql(dialect="spark")


def _name(table: exp.Table) -> str:
    return ".".join(p.name.lower() for p in table.parts)


def _view(name: str) -> str:
    return f"cdp_published_{name.replace('.', '_')}"
