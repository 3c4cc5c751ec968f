"""References: the identifier or person somebody means on the command line."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from cdp_spark.contracts.identity import MEMBERSHIPS, NODES, PERSONS
from cdp_spark.contracts.unknown_identifiers import fix_of_unknown
from cdp_spark.errors import UsageError
from cdp_spark.identity.ids import node_id
from cdp_spark.runtime.published import Published


@dataclass(frozen=True)
class Reference:
    """An identifier as published. A person, also a retired one, is meant by its anchor."""

    node_id: int
    namespace: str
    value: str
    status: str
    person_id: str | None = None
    raw_component: int | None = None


def reference(published: Published, text: str, person_by: str = "anchor_node") -> Reference:
    """The identifier that ``namespace:value``, a value alone or a person id means.

    A person is meant by its anchor, or by another column of identity.persons that names a node.
    Raises UsageError when it means none that was seen, or several.
    """
    nodes = published.read(NODES)
    found = nodes.filter(_says(text)).select("node_id").unionByName(_of_person(published, text, person_by)).distinct()
    current = published.read(MEMBERSHIPS).filter("is_current").select("node_id", "person_id", "raw_component")
    rows = nodes.join(F.broadcast(found), "node_id", "left_semi").join(current, "node_id", "left").limit(3).collect()
    if not rows:
        raise UsageError("that identifier was never seen", fix=fix_of_unknown(nodes, text))
    if len(rows) > 1:
        raise UsageError(
            f"that stands for {_number(rows)} identifiers",
            fix="write it as namespace:value, e.g. email:ana@example.com",
        )
    r = rows[0]
    return Reference(r["node_id"], r["namespace"], r["value"], r["status"], r["person_id"], r["raw_component"])


def node_of_value(published: Published, text: str, namespaces: tuple[str, ...]) -> int:
    """The node of ``namespace:value``, whether it was seen or not.

    Raises UsageError where the namespace is missing or not configured.
    """
    namespace, colon, value = text.partition(":")
    if not colon or not value or namespace not in namespaces:
        raise UsageError(
            "the value has no configured namespace", fix=f"write namespace:value with one of {', '.join(namespaces)}"
        )
    seen = published.read(NODES).filter(_says(text)).select("node_id").limit(2).collect()
    return int(seen[0]["node_id"]) if len(seen) == 1 else node_id(namespace, value)


def _says(text: str) -> Column:
    namespace, _, rest = text.partition(":")
    by_value = F.lower("value") == text.lower()
    if rest:
        by_value = by_value | ((F.col("namespace") == namespace) & (F.lower("value") == rest.lower()))
    return by_value


def _of_person(published: Published, text: str, person_by: str) -> DataFrame:
    persons = published.read(PERSONS).filter(F.col("person_id") == text)
    return persons.select(F.col(person_by).alias("node_id"))


def _number(rows: list[Row]) -> str:
    return "several" if len(rows) > 2 else "two"
