"""silver.consent_events: a decision about each contact point the record names, for each purpose it speaks of."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.contracts.reasons import Reason
from cdp_spark.normalize.fields.booleans import NO, YES
from cdp_spark.normalize.mapping import Parts, defect_of, judged, rows_of

_WORDS = {
    "granted": ("granted", "grant", "subscribed", "opted_in", "opt_in", "optin", "accepted", "allow", *YES),
    "denied": ("denied", "deny", "opted_out", "opt_out", "optout", "rejected", *NO),
    "withdrawn": ("withdrawn", "unsubscribed", "revoked"),
    "pending": ("pending",),
    "unknown": ("unknown", "not_subscribed"),
}


def consent_rows(parts: Parts) -> DataFrame:
    """The decisions of mappings' records, judged: one row a contact point and purpose.

    A purpose the record does not speak of makes no row; a word for a decision that nobody knows is refused, and so is a
    decision of nobody who can be named, for what is wrong with the identifiers.
    """
    said = F.filter("_purposes", lambda p: p["said"].isNotNull())
    exploded = (
        rows_of(parts)
        .withColumn("_contact", F.explode_outer("identifiers"))
        .withColumn("_purpose", F.explode_outer(said))
        .withColumns(
            {
                "namespace": F.col("_contact.namespace"),
                "value": F.col("_contact.value"),
                "purpose": F.col("_purpose.purpose"),
                "channel": F.col("_purpose.channel"),
                "status": _status("_purpose.said"),
            }
        )
    )
    # What warns of an identifier on a row that is kept is the reason here: no address or number, or no true id.
    unread = F.regexp_replace("_refused", r"refused:(?=(email|phone)\b)", Reason.UNREADABLE.about(""))
    unread = F.replace(unread, F.lit("refused:"), F.lit(Reason.PLACEHOLDER.about("")))
    nobody = F.when(F.col("_contact").isNull(), F.coalesce(unread, F.lit(Reason.MISSING.about("identifiers"))))
    named = exploded.withColumns(
        {
            "consent_event_id": F.sha2(
                F.concat_ws(
                    "\x1f", "source", "message_id", "namespace", "value", "purpose", F.coalesce("channel", F.lit(""))
                ),
                256,
            ),
            defect_of("namespace"): nobody,
            defect_of("value"): nobody,
            defect_of("status"): F.when(
                F.col("_purpose.said").isNotNull() & F.col("status").isNull(),
                F.concat(F.lit(Reason.UNREADABLE.about("status.")), F.col("purpose")),
            ),
        }
    )
    return judged(named, parts).withColumn("_reasons", F.array_distinct("_reasons"))


def _status(column: str) -> Column:
    word = F.regexp_replace(F.col(column), r"[\s-]+", "_")
    found = F.lit(None).cast("string")
    for status, words in _WORDS.items():
        found = F.when(word.isin(*words), status).otherwise(found)
    return found
