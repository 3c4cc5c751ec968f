"""Ties: every model gives away exactly what there was to give."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cdp_spark.errors import ConservationError


@dataclass(frozen=True)
class Totals:
    """Rows, conversions, and revenue by currency."""

    rows: int
    conversions: Decimal
    value: dict[str, Decimal]


def totals(credited: DataFrame) -> Totals:
    """The sums of a frame with columns conversions, value and currency; one small job."""
    by_currency = credited.groupBy("currency").agg(
        F.count(F.lit(1)).alias("rows"),
        F.sum(F.col("conversions").cast("decimal(28,9)")).alias("conversions"),
        F.sum(F.col("value").cast("decimal(28,4)")).alias("value"),
    )
    rows = by_currency.collect()
    return Totals(
        rows=sum(r["rows"] for r in rows),
        conversions=sum((r["conversions"] for r in rows), Decimal(0)),
        value={r["currency"] or "": r["value"] for r in rows if r["value"] is not None},
    )


def refuse_untied(converted: Totals, given: Mapping[str, Totals]) -> None:
    """Raises ConservationError when a model's conversions or revenue are not those of the orders."""
    untied = sorted(m for m, t in given.items() if (t.conversions, t.value) != (converted.conversions, converted.value))
    if untied:
        raise ConservationError(
            f"credit of {', '.join(untied)} does not sum to the orders",
            fix="nothing was published; report this with the run's ops.steps rows",
            conversions=str(converted.conversions),
            credited={m: str(given[m].conversions) for m in untied},
        )
