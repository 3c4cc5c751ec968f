"""Which records of quarantine somebody means."""

from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F


@dataclass(frozen=True)
class Chosen:
    """Records of quarantine; None leaves open. ``reason`` is one, or a kind of reasons."""

    source: str | None = None
    stream: str | None = None
    reason: str | None = None
    record_id: str | None = None

    def holds(self) -> Column:
        """Whether a row of silver.quarantine is meant."""
        found = F.lit(True)
        for column in ("source", "stream", "record_id"):
            if (value := getattr(self, column)) is not None:
                found = found & (F.col(column) == value)
        return found if self.reason is None else found & F.exists("reasons", self.is_meant)

    def is_meant(self, reason: Column) -> Column:
        """Whether a reason is the one meant, or of the kind."""
        if self.reason is None:
            return F.lit(True)
        return (reason == self.reason) | F.startswith(reason, F.lit(f"{self.reason}:"))
