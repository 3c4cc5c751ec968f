"""Decisions of a contact point over time, by precedence within one identifier."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from cdp_spark.config.consent import ConsentConfig
from cdp_spark.contracts.silver import CONSENT_STATE

_KEY = ("namespace", "value", "purpose")
_REFUSALS = ("denied", "withdrawn")
_GRANTED = "granted"
_UNKNOWN_RANK = 2
_RANKS = {"denied": 0, "withdrawn": 0, "pending": 1, "unknown": _UNKNOWN_RANK, _GRANTED: 3}
_NOT_BOUND = -1
_STICKY = "sticky_refusal"
_STATE = (
    "STRUCT<valid_from: TIMESTAMP, expires_at: TIMESTAMP, status: STRING, method: STRING, decided_by: STRING,"
    " rule: STRING>"
)


def consent_state(consent_events: DataFrame, config: ConsentConfig) -> DataFrame:
    """What holds for a contact point and purpose from when to when, as rows of silver.consent_state.

    In: consent_event_id, namespace, value, purpose, status, method, captured_at, expires_at; the order of the
    rows does not matter. Precedence within one contact point: the latest event decides; of several at the same
    time the most restrictive, then the one of the strongest method, then the smallest event id. A refusal holds
    until a later grant by a method at least as strong (``config.strength``); what is weaker leaves a row of rule
    sticky_refusal. A grant or a request ends at its expires_at, a refusal does not.
    """
    return (
        consent_events.select(*_KEY, _event(config).alias("event"))
        .groupBy(*_KEY)
        .agg(F.array_sort(F.collect_list("event")).alias("events"))
        .select(*_KEY, _states("events").alias("states"))
        .select(*_KEY, _with_expiry("states").alias("states"))
        .select(*_KEY, F.posexplode("states").alias("i", "s"), "states")
        .select(
            *_KEY,
            "s.valid_from",
            F.get("states", F.col("i") + 1)["valid_from"].alias("valid_to"),
            "s.status",
            "s.method",
            "s.decided_by",
            "s.rule",
        )
        .transform(CONSENT_STATE.shape)
    )


def _event(config: ConsentConfig) -> Column:
    """The event as a struct whose order is the order of reading: by time, the decisive one of a time first."""
    strength = _strength(config)
    ranks = [F.when(F.col("status") == status, rank) for status, rank in _RANKS.items()]
    return F.struct(
        "captured_at",
        F.coalesce(*ranks, F.lit(_UNKNOWN_RANK)).alias("rank"),
        F.negative(strength).alias("weakness"),
        F.col("consent_event_id").alias("id"),
        "status",
        "method",
        F.when(~_refuses(F.col("status")), F.col("expires_at")).alias("expires_at"),
        strength.alias("strength"),
    )


def _strength(config: ConsentConfig) -> Column:
    listed = [F.when(F.col("method") == method, rank) for method, rank in sorted(config.strength.items())]
    unlisted = F.when(_refuses(F.col("status")), config.unlisted_refusal).otherwise(config.unlisted_grant)
    return F.coalesce(*listed, unlisted)


def _refuses(status: Column) -> Column:
    return status.isin(*_REFUSALS)


def _states(events: str) -> Column:
    """Folds the ordered events into the states they led to; events that change nothing leave none."""
    start = F.struct(
        F.array().cast(f"ARRAY<{_STATE}>").alias("states"),
        F.lit(_NOT_BOUND).alias("sticky"),
        F.lit(None).cast("TIMESTAMP").alias("at"),
    )
    return F.aggregate(events, start, _after, lambda done: done["states"])


def _after(so_far: Column, event: Column) -> Column:
    states, sticky = so_far["states"], so_far["sticky"]
    is_outvoted = event["captured_at"].eqNullSafe(so_far["at"])
    refuses, grants = _refuses(event["status"]), event["status"] == _GRANTED
    is_bound = sticky > _NOT_BOUND
    decides = ~is_outvoted & (refuses | ~is_bound | (grants & (event["strength"] >= sticky)))
    last = F.get(states, F.size(states) - 1)
    told = _told(event, _rule(last, is_bound & ~refuses))
    new = F.when(decides, told).when(~is_outvoted & grants, _held(last, event))
    bound = F.when(refuses, F.greatest(sticky, event["strength"])).otherwise(F.lit(_NOT_BOUND))
    return F.struct(
        F.when(new.isNull() | _says_the_same(last, new), states)
        .otherwise(F.concat(states, F.array(new)))
        .alias("states"),
        F.when(decides, bound).otherwise(sticky).alias("sticky"),
        event["captured_at"].alias("at"),
    )


def _told(event: Column, rule: Column) -> Column:
    return _state(event["captured_at"], event["expires_at"], event["status"], event["method"], event["id"], rule)


def _held(last: Column, event: Column) -> Column:
    """The refusal that goes on, from the moment of a grant too weak to overturn it."""
    never = F.lit(None)
    return _state(event["captured_at"], never, last["status"], last["method"], last["decided_by"], F.lit(_STICKY))


def _state(*values: Column) -> Column:
    names = ("valid_from", "expires_at", "status", "method", "decided_by", "rule")
    return F.struct(*[v.alias(n) for v, n in zip(values, names, strict=True)]).cast(_STATE)


def _rule(last: Column, overturns: Column) -> Column:
    return F.when(last.isNull(), "first_record").when(overturns, "overturned_refusal").otherwise("latest")


def _says_the_same(last: Column, new: Column) -> Column:
    for_good = last["expires_at"].isNull() & new["expires_at"].isNull()
    explains = (new["rule"] == _STICKY) & (last["rule"] != _STICKY)
    return F.coalesce((last["status"] == new["status"]) & for_good & ~explains, F.lit(False))


def _with_expiry(states: str) -> Column:
    """Puts an expired state after each one that ended by itself before the next decision."""

    def lasting(state: Column, i: Column) -> Column:
        following = F.get(states, i + 1)["valid_from"]
        end = F.greatest(state["expires_at"], state["valid_from"])
        ended = state["expires_at"].isNotNull() & (following.isNull() | (end < following))
        rule = F.lit("expired")
        expired = _state(end, F.lit(None), rule, state["method"], state["decided_by"], rule)
        never_held = ended & (end <= state["valid_from"])
        return F.when(never_held, F.array(expired)).when(ended, F.array(state, expired)).otherwise(F.array(state))

    return F.flatten(F.transform(states, lasting))
