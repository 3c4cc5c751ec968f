"""What holds for a contact point at a moment: the one reading of silver.consent_state."""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def decisions(consent_state: DataFrame, as_of: datetime) -> DataFrame:
    """One row a contact point and purpose that something is known about at ``as_of``.

    Out: namespace, value, purpose, status, decided_by. Intervals are half-open, valid_from ≤ as_of < valid_to.
    No row means that nothing was said, which is no consent but for what consent.yml grants unasked.
    """
    moment = F.lit(as_of)
    has_begun = F.col("valid_from") <= moment
    has_not_ended = F.col("valid_to").isNull() | (F.col("valid_to") > moment)
    return consent_state.filter(has_begun & has_not_ended).select(
        "namespace", "value", "purpose", "status", "decided_by"
    )
