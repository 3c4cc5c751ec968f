"""Records in, silver out: kept, duplicate or in quarantine, and nothing changes when a run is repeated."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cdp_spark.contracts import TableContract
from cdp_spark.contracts.silver import CONSENT_EVENTS, CUSTOMERS, EVENTS, IDENTIFIERS, ORDER_LINES, ORDERS, QUARANTINE
from tests.ingest.company import Company, stream

WRITTEN = (EVENTS, CUSTOMERS, ORDERS, ORDER_LINES, CONSENT_EVENTS, IDENTIFIERS, QUARANTINE)

IDENTIFY: dict[str, Any] = {
    "to": "customers",
    "when": {"field": "type", "equals": "identify"},
    "set": {"source_key": "userId", "valid_from": "timestamp", "email": "email", "first_name": "name"},
    "identifiers": {"user_id": "userId", "email": "email"},
}
CONSENT: dict[str, Any] = {
    "to": "consent_events",
    "when": {"field": "consent", "exists": True},
    "set": {"captured_at": "timestamp", "method": {"const": "banner"}},
    "identifiers": {"user_id": "userId", "email": "email"},
    "purposes": {"advertising": {"status": "consent.ads"}, "analytics": {"status": "consent.stats", "channel": "web"}},
}
EVENT: dict[str, Any] = {
    "to": "events",
    "set": {
        "type": "type",
        "event": "event",
        "event_ts": "timestamp",
        "received_ts": "receivedAt",
        "properties": "properties",
    },
    "identifiers": {"user_id": "userId", "email": "email"},
}


def event(id_: str, /, **more: object) -> str:
    return (
        json.dumps(
            {
                "messageId": id_,
                "type": "track",
                "event": "Seen",
                "timestamp": "2026-02-01T10:00:00Z",
                "userId": "u1",
                **more,
            }
        )
        + "\n"
    )


def state(company: Company) -> dict[str, list[Any]]:
    return {t.name: company.rows(t) for t in WRITTEN}


def reasons(company: Company, target: str | None = None) -> dict[str, list[str]]:
    """Row of the file → reasons."""
    rows = company.rows(QUARANTINE, "file_path", "row_pos", "target")
    return {f"{r['file_path']}:{r['row_pos']}": list(r["reasons"]) for r in rows if target in (None, r["target"])}


@pytest.fixture
def company(spark: SparkSession, tmp_path: Path) -> Company:
    return Company(
        spark, tmp_path, {"events": stream(EVENT, IDENTIFY, CONSENT, message_id="messageId", global_id=True)}
    )


def test_one_record_makes_an_event_a_customer_consents_and_identifiers(company: Company) -> None:
    said = {
        "type": "identify",
        "email": " Ana@X.com\n",
        "name": " Ana  Maria ",
        "consent": {"ads": True, "stats": "no"},
    }
    company.put("in/a.jsonl", event("m1", **said) + event("m2", properties={"price": 1.5, "tags": ["a"]}))
    counts = company.run()
    assert (counts.rows_in, counts.kept, counts.duplicate, counts.quarantined) == (2, 2, 0, 0)
    first, second = company.rows(EVENTS)
    assert (first["event"], second["event"], second["properties"]) == ("Seen", "Seen", '{"price":1.5,"tags":["a"]}')
    [customer] = company.rows(CUSTOMERS)
    assert (customer["source_key"], customer["email"], customer["first_name"]) == ("u1", "ana@x.com", "Ana Maria")
    said_of = {
        (r["namespace"], r["value"], r["purpose"], r["channel"], r["status"]) for r in company.rows(CONSENT_EVENTS)
    }
    assert said_of == {
        (n, v, p, c, s)
        for n, v in (("user_id", "u1"), ("email", "ana@x.com"))
        for p, c, s in (("advertising", None, "granted"), ("analytics", "web", "denied"))
    }
    found = [(r["record_id"][-1], r["namespace"], r["value"]) for r in company.rows(IDENTIFIERS)]
    assert found == [("0", "email", "ana@x.com"), ("0", "user_id", "u1"), ("1", "user_id", "u1")]
    assert company.rows(QUARANTINE) == []


def test_a_repeated_run_changes_no_row_and_finds_every_record_again(company: Company) -> None:
    company.put(
        "in/a.jsonl",
        event("m1", type="identify", email="a@x.com", consent={"ads": "granted"}) + event("m2") + "{oops\n",
    )
    first = company.run()
    before = state(company)
    company.forget_last_run()
    again = company.normalize()
    assert (first.kept, first.duplicate, first.quarantined) == (2, 0, 1)
    assert (again.rows_in, again.kept, again.duplicate, again.quarantined, again.changed) == (3, 0, 2, 1, 0)
    assert state(company) == before
    assert company.normalize().rows_in == 0


def test_a_record_counts_once_whatever_its_rows_come_to(company: Company) -> None:
    """Kept with any new row; a duplicate when all rows were there; in quarantine when it made none."""
    company.put("in/a.jsonl", event("m1"))
    company.run()
    company.put(
        "in/b.jsonl",
        event("m1")  # a repeat
        + event("m2", type="identify", userId=None, email="b@x.com")  # an event, and a customer without key
        + event("m3", type="odd")  # no event
        + event("m4", consent={"ads": "perhaps"})  # an event, and a decision nobody knows
        + event("m5", type="identify", email="c@x.com", timestamp="2026-02-02T10:00:00Z"),
    )
    counts = company.run()
    assert (counts.rows_in, counts.kept, counts.duplicate, counts.quarantined) == (5, 3, 1, 1)
    assert counts.details["refused_in_part"] == 2
    assert reasons(company, "customers") == {"in/b.jsonl:1": ["missing:source_key"]}
    assert reasons(company, "events") == {"in/b.jsonl:2": ["unknown_type"]}
    assert reasons(company, "consent_events") == {"in/b.jsonl:3": ["unreadable:status.advertising"]}


def test_a_decision_of_nobody_says_what_is_wrong_with_whom_it_names(company: Company) -> None:
    company.put(
        "in/a.jsonl",
        event("m1", consent={"ads": "granted"}, userId=None, email="no address")
        + event("m2", consent={"ads": "granted"}, userId=None)
        + event("m3", consent={"ads": "granted"}, email="no address")
        + event("m4", consent={"ads": "granted"}, userId="null", email="no address"),
    )
    company.run()
    assert reasons(company, "consent_events") == {
        "in/a.jsonl:0": ["unreadable:email"],
        "in/a.jsonl:1": ["missing:identifiers"],
        "in/a.jsonl:3": ["placeholder:user_id", "unreadable:email"],
    }
    [kept] = company.rows(CONSENT_EVENTS)
    assert (kept["namespace"], kept["value"]) == ("user_id", "u1")


def test_the_first_received_wins_and_other_content_is_a_conflict(company: Company) -> None:
    early, late = "2026-02-01T10:00:05Z", "2026-02-01T10:09:00Z"
    company.put(
        "in/a.jsonl",
        event("m1", receivedAt=late, event="Late")
        + event("m1", receivedAt=early, event="Early")
        + event("m1", receivedAt=late, event="Early"),
    )
    counts = company.run()
    assert (counts.kept, counts.duplicate, counts.quarantined) == (1, 1, 1)
    assert [r["event"] for r in company.rows(EVENTS)] == ["Early"]
    assert reasons(company) == {"in/a.jsonl:0": ["dup_conflict"]}
    company.put(
        "in/b.jsonl",
        event("m1", event="Early")
        + event("m1", event="Other")
        + event("m1", event="Early", timestamp="2026-02-09T10:00:00Z"),
    )
    counts = company.run()
    assert (counts.kept, counts.duplicate, counts.quarantined) == (0, 1, 2)
    assert len(company.rows(EVENTS)) == 1


@pytest.mark.parametrize("hash_then", [None, 0])
def test_a_hash_of_other_columns_or_none_makes_no_conflict(company: Company, hash_then: int | None) -> None:
    company.put("in/a.jsonl", event("m1") + event("m2"))
    company.run()
    stored = company.tables.read(EVENTS).withColumn("content_hash", F.lit(hash_then).cast("bigint"))
    company.tables.replace(EVENTS, stored)
    company.put("in/b.jsonl", event("m1") + event("m2", event="Other") + event("m3"))
    counts = company.run()
    assert (counts.kept, counts.duplicate, counts.quarantined) == (1, 1, 1)
    assert reasons(company) == {"in/b.jsonl:1": ["dup_conflict"]}


def test_a_repeat_of_a_refused_record_is_still_taken(company: Company) -> None:
    company.put("in/a.jsonl", event("m1", timestamp="soon") + event("m1"))
    counts = company.run()
    assert (counts.kept, counts.quarantined) == (1, 1)
    assert reasons(company) == {"in/a.jsonl:0": ["unreadable:event_ts"]}


def test_batches_and_their_order_do_not_change_what_is_kept(spark: SparkSession, tmp_path: Path) -> None:
    files = {
        f"in/{name}.jsonl": "".join(
            event(f"m{i}", type="identify" if i % 3 == 0 else "track", email=f"e{i % 4}@x.com") for i in ids
        )
        for name, ids in (("a", range(6)), ("b", range(3, 9)), ("c", (1, 1, 8, 10)))
    }
    results = []
    for order in (["abc"], ["c", "ab"]):
        company = Company(
            spark, tmp_path / "-".join(order), {"events": stream(EVENT, IDENTIFY, message_id="messageId")}
        )
        for batch in order:
            for name in batch:
                company.put(f"in/{name}.jsonl", files[f"in/{name}.jsonl"])
            company.run()
        facts = (
            company.frame(EVENTS)
            .select("message_id", "event_ts", "event", "identifiers")
            .orderBy("message_id")
            .collect()
        )
        people = company.frame(CUSTOMERS).select("source_key", "valid_from").orderBy("source_key").collect()
        results.append((facts, people))
    assert results[0] == results[1]
    assert len(results[0][0]) == 10


def test_what_no_mapping_takes_goes_to_quarantine_or_is_counted_as_skipped(spark: SparkSession, tmp_path: Path) -> None:
    only_identify = {**IDENTIFY, "set": {**IDENTIFY["set"]}}
    streams = {
        "strict": stream(only_identify, read={"path": "strict"}),
        "loose": stream(only_identify, read={"path": "loose"}, unmatched="skip"),
    }
    company = Company(spark, tmp_path, streams)
    for name in streams:
        company.put(f"{name}/a.jsonl", event("m1") + event("m2", type="identify", userId=name))
    counts = company.run()
    assert (counts.rows_in, counts.kept, counts.quarantined, counts.details["skipped"]) == (3, 2, 1, 1)
    assert reasons(company) == {"strict/a.jsonl:0": ["no_mapping"]}


def test_of_several_mappings_to_events_the_first_that_takes_a_record_counts(
    spark: SparkSession, tmp_path: Path
) -> None:
    visits = {
        **EVENT,
        "when": {"field": "event", "equals": "Visit"},
        "set": {**EVENT["set"], "channel": {"const": "store"}},
    }
    company = Company(spark, tmp_path, {"events": stream(visits, EVENT, message_id="messageId")})
    company.put("in/a.jsonl", event("m1", event="Visit") + event("m2"))
    assert company.run().kept == 2
    assert [(r["event"], r["channel"]) for r in company.rows(EVENTS)] == [("Visit", "store"), ("Seen", None)]


def test_faults_of_the_reader_are_reasons_and_the_record_is_whole(company: Company) -> None:
    company.put("in/a.jsonl", '{"messageId": "m1", \n' + event("m2") + '{"messageId": "m3", "messageId": "m4"}\n[1]\n')
    counts = company.run()
    assert (counts.rows_in, counts.kept, counts.quarantined) == (4, 1, 3)
    rows = company.rows(QUARANTINE, "row_pos")
    assert [(list(r["reasons"]), r["target"], r["raw"]) for r in rows] == [
        (["malformed_json"], "record", '{"messageId": "m1", '),
        (["duplicate_keys"], "record", '{"messageId": "m3", "messageId": "m4"}'),
        (["not_an_object"], "record", "[1]"),
    ]


def test_all_rows_bad_loses_none(company: Company) -> None:
    company.put("in/a.jsonl", event("m1", timestamp=None) + "oops\n")
    counts = company.run()
    assert (counts.rows_in, counts.kept, counts.quarantined) == (2, 0, 2)
    assert company.frame(EVENTS).count() == 0
    assert reasons(company) == {"in/a.jsonl:0": ["missing:event_ts"], "in/a.jsonl:1": ["malformed_json"]}


def test_a_mapping_that_names_a_field_no_record_has_refuses_them_by_name(spark: SparkSession, tmp_path: Path) -> None:
    wrong = {**EVENT, "set": {**EVENT["set"], "event": "evnt", "properties": "props.deep.er"}}
    company = Company(spark, tmp_path, {"events": stream(wrong, message_id="messageId")})
    company.put("in/a.jsonl", event("m1"))
    assert company.run().quarantined == 1
    assert reasons(company) == {"in/a.jsonl:0": ["missing:event"]}


@pytest.mark.parametrize("died_before", ["_written_identifiers", "_counts"])
@pytest.mark.parametrize(("n_before", "n_more"), [(0, 0), (1, 1)])
def test_an_interrupted_run_is_completed_without_doubles(
    company: Company, monkeypatch: pytest.MonkeyPatch, n_before: int, n_more: int, died_before: str
) -> None:
    """Died between the events and their identifiers, or after them; the first of all runs, or one after a success."""
    from cdp_spark.normalize import step

    class Dies(Exception):
        pass

    def die(*_: object) -> None:
        raise Dies

    for i in range(n_before):
        company.put(f"in/before{i}.jsonl", event(f"b{i}"))
        assert company.run().kept == 1
    company.put("in/a.jsonl", event("m1", email="a@x.com") + event("m2"))
    company.ingest()
    with monkeypatch.context() as patched:
        patched.setattr(step, died_before, die)
        with pytest.raises(Dies):
            company.normalize()
    for i in range(n_more):
        company.put(f"in/more{i}.jsonl", event(f"more{i}"))
        company.ingest()
    counts = company.normalize()
    assert (counts.kept, counts.duplicate) == (n_more, 2)
    assert len(company.rows(EVENTS)) == n_before + 2 + n_more
    assert len(company.rows(IDENTIFIERS)) == n_before + 3 + n_more


def tables_written(company: Company, contracts: tuple[TableContract, ...]) -> list[int | None]:
    return [company.tables.version(c) for c in contracts]


def test_only_tables_with_new_rows_get_a_commit(company: Company) -> None:
    company.put("in/a.jsonl", event("m1"))
    company.run()
    assert tables_written(company, (EVENTS, IDENTIFIERS)) == [0, 0]
    assert tables_written(company, (ORDERS, ORDER_LINES, QUARANTINE)) == [None, None, None]
