"""Small companies, written for real: bytes, counts, truth, story, and the day after."""

import csv
import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from cdp_spark.errors import UsageError
from cdp_spark.simulate import Company, WrittenCompany, write_company, write_day_after, write_days_after
from cdp_spark.simulate.flaws import FLAWS

SMALL = Company(people=400, days=110, seed=11)
CLEAN = Company(people=400, days=110, seed=11, clean=True)
BUSY = Company(people=2_500, days=45, seed=5)
TINY = Company(people=150, days=30, seed=11)
RowTruth = Counter[tuple[str, str, str]]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> WrittenCompany:
    folder = tmp_path_factory.mktemp("small")
    return write_company(SMALL, folder / "landing", folder / "truth")


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> WrittenCompany:
    folder = tmp_path_factory.mktemp("clean")
    return write_company(CLEAN, folder / "landing", folder / "truth")


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> WrittenCompany:
    folder = tmp_path_factory.mktemp("busy")
    return write_company(BUSY, folder / "landing", folder / "truth")


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _lines(path: Path) -> list[str]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return content.decode().splitlines()


def _json_rows(written: WrittenCompany, stream: str) -> Iterator[dict[str, Any]]:
    for path in written.files:
        if path.is_relative_to(written.landing / stream):
            for line in _lines(path):
                try:
                    yield json.loads(line)
                except json.JSONDecodeError:
                    continue


def _csv_rows(written: WrittenCompany, stream: str) -> Iterator[dict[str, str]]:
    for path in written.files:
        if path.is_relative_to(written.landing / stream):
            for row in csv.DictReader(_lines(path)):
                if None not in row.values():  # a cut line has fewer cells
                    yield row


_JSON_KEYS = {
    "web/events": ("messageId",),
    "app/events": ("messageId",),
    "email/events": ("id",),
    "social/leads": ("id",),
    "shop/refunds": ("refund_id",),
    "forms/submissions": ("response_id",),
    "consent/preferences": ("id",),
    "support/tickets": ("id", "updated_at"),
}
_CSV_KEYS = {
    "pos/receipts": ("store", "register", "txn_no", "business_date"),
    "crm/contacts": ("contact_id", "updated_at"),
    "ads/spend": ("day", "platform", "campaign_id", "reported_at"),
}


def _landed_keys(written: WrittenCompany) -> RowTruth:
    keys: RowTruth = Counter()
    for streams, rows_of in ((_JSON_KEYS, _json_rows), (_CSV_KEYS, _csv_rows)):
        for stream, names in streams.items():
            source, name = stream.split("/")
            keys.update((source, name, "|".join(row[n] for n in names)) for row in rows_of(written, stream))
    for path in written.files:
        if path.suffix == ".parquet":
            keys.update(("shop", "orders", order) for order in pq.read_table(path)["order_id"].to_pylist())
    return keys


def _record_truth(path: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    return {(row["source"], row["stream"], row["record_key"]): row for row in csv.DictReader(_lines(path))}


def _data_rows(path: Path) -> int:
    if path.suffix == ".parquet":
        return int(pq.read_metadata(path).num_rows)
    return len(_lines(path)) - (path.suffix == ".csv")


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_company(TINY, tmp_path / name / "landing", tmp_path / name / "truth")
    assert _hashes(tmp_path / "one") == _hashes(tmp_path / "two")


def test_another_seed_gives_other_bytes_in_every_file(tmp_path: Path) -> None:
    for name, seed in (("one", 11), ("two", 12)):
        write_company(Company(people=150, days=30, seed=seed), tmp_path / name / "landing", tmp_path / name / "truth")
    mine, other = (_hashes(tmp_path / name / "landing") for name in ("one", "two"))
    assert not set(mine.values()) & set(other.values())


def test_every_landed_record_has_a_truth_row_with_its_number_of_rows(small: WrittenCompany) -> None:
    truth = _record_truth(small.truth / "records.csv.gz")
    assert {key: int(row["rows"]) for key, row in truth.items()} == _landed_keys(small)


def test_facts_hold_the_rows_of_the_files(small: WrittenCompany) -> None:
    facts = json.loads((small.truth / "facts.json").read_text())["streams"]
    for stream, counted in facts.items():
        files = [path for path in small.files if path.is_relative_to(small.landing / stream)]
        assert counted["rows"] == sum(_data_rows(path) for path in files) > 0, stream
        assert counted["rows"] == counted["records"] + counted["duplicates"] + counted["malformed"]
        assert counted["bytes"] == sum(path.stat().st_size for path in files)
    assert sum(counted["duplicates"] for counted in facts.values()) > 0
    assert sum(counted["malformed"] for counted in facts.values()) > 0


def test_malformed_lines_are_as_many_as_the_facts_say(small: WrittenCompany) -> None:
    facts = json.loads((small.truth / "facts.json").read_text())["streams"]
    for stream in ("web/events", "app/events", "email/events", "social/leads"):
        whole = sum(1 for _ in _json_rows(small, stream))
        assert facts[stream]["rows"] - whole == facts[stream]["malformed"], stream


def test_a_record_sent_again_differs_in_sending_times_only(clean: WrittenCompany) -> None:
    first: dict[str, dict[str, Any]] = {}
    again = 0
    for row in _json_rows(clean, "web/events"):
        content = {key: value for key, value in row.items() if key not in ("sentAt", "receivedAt")}
        assert first.setdefault(row["messageId"], content) == content
        again += first[row["messageId"]] is not content
    assert again > 0


def test_event_time_is_what_the_vendor_repairs_from_the_clocks(clean: WrittenCompany) -> None:
    wrong_clocks = 0
    for row in _json_rows(clean, "web/events"):
        event, device, sent, received = (
            datetime.fromisoformat(row[name]) for name in ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
        )
        assert event == received - (sent - device)
        wrong_clocks += abs((device - event).total_seconds()) > 60
    assert wrong_clocks > 0


def test_every_person_behind_a_record_is_a_known_person(small: WrittenCompany) -> None:
    persons = {row["person"] for row in csv.DictReader(_lines(small.truth / "persons.csv"))}
    behind = {row["person"] for row in _record_truth(small.truth / "records.csv.gz").values()}
    assert len(persons) == SMALL.people + 1
    assert "" in behind
    assert behind - {""} <= persons


def test_the_owner_of_an_identifier_is_behind_the_records_that_carry_it(clean: WrittenCompany) -> None:
    owners = {
        (row["namespace"], row["value"]): set(row["persons"].split(";"))
        for row in csv.DictReader(_lines(clean.truth / "identifiers.csv"))
    }
    truth = _record_truth(clean.truth / "records.csv.gz")
    checked = Counter[str]()
    for row in _json_rows(clean, "web/events"):
        person = truth["web", "events", row["messageId"]]["person"]
        carried = [("user_id", row.get("userId")), ("email", row.get("traits", {}).get("email", "").strip().lower())]
        carried.append(("phone", row.get("traits", {}).get("phone")))
        if not row.get("anonymousId", "").startswith("kiosk"):
            carried.append(("anonymous_id", row["anonymousId"]))
        for namespace, value in carried:
            if value:
                assert person in owners[namespace, value], (namespace, row["messageId"])
                checked[namespace] += 1
    for row in _csv_rows(clean, "pos/receipts"):
        key = f"{row['store']}|{row['register']}|{row['txn_no']}|{row['business_date']}"
        for namespace, value in (("loyalty_id", row["loyalty_id"]), ("email", row["email"])):
            if value:
                assert truth["pos", "receipts", key]["person"] in owners[namespace, value]
                checked[namespace] += 1
    assert all(checked[namespace] for namespace in ("user_id", "email", "phone", "anonymous_id", "loyalty_id"))


def test_order_completed_says_what_the_back_end_says(clean: WrittenCompany) -> None:
    orders = {
        row["order_id"]: row
        for path in clean.files
        if path.suffix == ".parquet"
        for row in pq.read_table(path).to_pylist()
    }
    completed = [row for row in _json_rows(clean, "web/events") if row.get("event") == "Order Completed"]
    settled = [row for row in completed if row["properties"]["order_id"] in orders]
    assert len(settled) >= len(completed) - 1  # the last one may be paid after the end
    assert settled
    for row in settled:
        order, properties = orders[row["properties"]["order_id"]], row["properties"]
        assert float(order["total"]) == properties["total"]
        assert float(order["subtotal"] - order["discount"]) == properties["revenue"]
        assert sum(line["line_total"] for line in order["lines"]) == order["subtotal"]
        assert order["customer_id"] == row.get("userId")


def test_a_kiosk_sees_many_logins_under_one_cookie(small: WrittenCompany) -> None:
    users: dict[str, set[str]] = {}
    for row in _json_rows(small, "web/events"):
        if row.get("anonymousId", "").startswith("kiosk") and "userId" in row:
            users.setdefault(row["anonymousId"], set()).add(row["userId"])
    assert len(users) == 3
    assert all(len(logins) > 3 for logins in users.values())


def test_members_of_a_household_log_in_on_the_same_tablet(busy: WrittenCompany) -> None:
    owners = {row["value"]: row for row in csv.DictReader(_lines(busy.truth / "identifiers.csv"))}
    users: dict[str, set[str]] = {}
    for row in _json_rows(busy, "web/events"):
        if row.get("userId", "").startswith("U") and not row.get("anonymousId", "kiosk").startswith("kiosk"):
            users.setdefault(row["anonymousId"], set()).add(row["userId"])
    shared = [cookie for cookie, logins in users.items() if len(logins) > 1]
    assert shared
    assert {owners[cookie]["kind"] for cookie in shared} == {"household"}


def test_annas_story_is_told_on_tuesday_thursday_and_saturday(small: WrittenCompany) -> None:
    facts = json.loads((small.truth / "facts.json").read_text())["story"]
    calls = [row for row in _json_rows(small, "web/events") if row.get("anonymousId") == "story-cookie-anna"]
    days = {row["timestamp"][:10] for row in calls}
    assert days == {facts["tuesday"], facts["thursday"]}
    assert [datetime.fromisoformat(facts[day]).weekday() for day in ("tuesday", "thursday", "saturday")] == [1, 3, 5]
    tuesday = [row for row in calls if row["timestamp"].startswith(facts["tuesday"])]
    assert tuesday[0]["context"]["campaign"]["source"] == "facebook"
    assert not any("userId" in row or "traits" in row for row in tuesday)
    (identify,) = [row for row in calls if row["type"] == "identify"]
    assert identify["timestamp"].startswith(facts["thursday"])
    assert identify["traits"]["email"] == "anna.story@example.com"
    assert identify["context"]["consent"]["categoryPreferences"]["marketing_email"] is True
    bought = [row for row in _csv_rows(small, "pos/receipts") if row["loyalty_id"] == "LOY-STORY-0001"]
    assert [row["business_date"] for row in bought] == [facts["saturday"]] * 2
    (contact,) = [row for row in _csv_rows(small, "crm/contacts") if row["contact_id"] == "C-STORY-0001"]
    assert (contact["email"], contact["loyalty_id"]) == ("anna.story@example.com", "LOY-STORY-0001")


def test_a_further_day_adds_files_and_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    company = Company(people=300, days=15, seed=3)
    history = write_company(company, tmp_path / "landing", tmp_path / "truth")
    before = _hashes(tmp_path)
    further = write_day_after(company, tmp_path / "landing", tmp_path / "truth")
    after = _hashes(tmp_path)
    assert {name: after[name] for name in before} == before
    assert not set(history.files) & set(further.files)
    assert set(after) - set(before) == {str(p.relative_to(tmp_path)) for p in further.files} | {
        "truth/records-20260301.csv.gz",
        "truth/shown-20260301.csv.gz",
        "truth/defects-20260301.csv.gz",
        "truth/caused_orders-20260301.csv",
        "truth/facts-20260301.json",
    }
    assert further.streams["web/events"].rows > 0


def test_history_and_further_days_hold_what_the_longer_history_holds(tmp_path: Path) -> None:
    company = Company(people=300, days=16, seed=3)
    longer = Company(people=300, days=19, seed=3, end=datetime(2026, 3, 4, tzinfo=UTC), anchor=company.end)
    assert longer.start == company.start
    history = write_company(company, tmp_path / "a", tmp_path / "truth_a")
    further = write_days_after(company, tmp_path / "a", tmp_path / "truth_a", days=3)
    whole = write_company(longer, tmp_path / "b", tmp_path / "truth_b")
    assert len(further) == 3
    assert sum((_landed_keys(part) for part in further), _landed_keys(history)) == _landed_keys(whole)

    def defects(folder: Path) -> set[tuple[str, ...]]:
        files = folder.glob("defects*.csv.gz")
        return {tuple(row.values()) for file in files for row in csv.DictReader(_lines(file))}

    assert defects(tmp_path / "truth_a") == defects(tmp_path / "truth_b") != set()


def test_many_shards_hold_the_same_bytes_however_they_are_made(tmp_path: Path, spark: SparkSession) -> None:
    company = Company(people=240, days=14, seed=3, shard_people=80)
    write_company(company, tmp_path / "one" / "landing", tmp_path / "one" / "truth", spark=False)
    written = write_company(company, tmp_path / "many" / "landing", tmp_path / "many" / "truth", spark=True)
    assert _hashes(tmp_path / "one") == _hashes(tmp_path / "many")
    assert written.rows == sum(_data_rows(path) for path in written.files)
    shards = {path.name.split("-s0")[1][:3] for path in written.files}
    assert shards == {"000", "001", "002"}


def test_every_kind_of_defect_is_in_a_busy_company_and_none_in_a_clean_one(
    busy: WrittenCompany, clean: WrittenCompany
) -> None:
    def defects(written: WrittenCompany) -> list[dict[str, str]]:
        return list(csv.DictReader(_lines(written.truth / "defects.csv.gz")))

    gaps = {"volume_to_zero", "stale_source"}
    assert {row["kind"] for row in defects(busy) if row["record_key"]} == set(FLAWS) - gaps
    assert {row["kind"] for row in defects(busy) if row["first_day"]} > gaps
    assert defects(clean) == []
    keys = set(_record_truth(busy.truth / "records.csv.gz"))
    assert {(r["source"], r["stream"], r["record_key"]) for r in defects(busy) if r["record_key"]} <= keys


def test_a_clean_company_is_the_same_company(small: WrittenCompany, clean: WrittenCompany) -> None:
    mine, without = (_record_truth(w.truth / "records.csv.gz") for w in (small, clean))
    ours = {key for key, row in without.items() if row["person"]}
    assert len(ours - set(mine)) < 0.06 * len(ours)  # lost in the gaps, or because of a mistyped address
    same = [name for name in ("households.csv", "campaign_members.csv")]
    assert all((small.truth / name).read_bytes() == (clean.truth / name).read_bytes() for name in same)


def test_only_treated_persons_have_orders_that_a_campaign_caused(busy: WrittenCompany) -> None:
    arms = {
        (row["campaign"], row["person"]): row["arm"]
        for row in csv.DictReader(_lines(busy.truth / "campaign_members.csv"))
    }
    caused = list(csv.DictReader(_lines(busy.truth / "caused_orders.csv")))
    facts = json.loads((busy.truth / "facts.json").read_text())["campaigns"]
    assert {arms[row["campaign"], row["person"]] for row in caused} == {"treated"}
    assert {row["campaign"] for row in caused} == {"spring-reactivation", "birthday-voucher"}
    for name, fact in facts.items():
        mine = [row for row in caused if row["campaign"] == name]
        assert fact["caused_orders"] == sum(int(row["orders"]) for row in mine)
        assert fact["caused_revenue"] == pytest.approx(sum(float(row["revenue"]) for row in mine))
    assert set(arms.values()) == {"treated", "held_out"}


def test_no_stream_has_more_than_fifteen_files_in_ninety_days(tmp_path: Path) -> None:
    written = write_company(Company(people=40, days=90, seed=1), tmp_path / "landing", tmp_path / "truth")
    assert max(counts.files for counts in written.streams.values()) <= 15
    assert not [path for path in (tmp_path / "landing").rglob("*") if path.name.startswith("_")]


def test_a_company_too_small_for_every_channel_has_the_folders_of_all(tmp_path: Path) -> None:
    written = write_company(Company(people=1, days=14, seed=11), tmp_path / "landing", tmp_path / "truth")
    streams = {f.parent.relative_to(written.landing).as_posix() for f in written.files}
    folders = {f.relative_to(written.landing).as_posix() for f in written.landing.glob("*/*")}
    assert folders == set(written.streams) > streams


def test_truth_inside_the_landing_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        write_company(SMALL, tmp_path, tmp_path / "truth")
    assert not list(tmp_path.iterdir())


def test_a_day_within_the_history_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        write_day_after(SMALL, tmp_path / "landing", tmp_path / "truth", days_after=0)


def test_the_truth_tells_what_records_show(small: WrittenCompany) -> None:
    shown = list(csv.DictReader(_lines(small.truth / "shown.csv.gz")))
    sets = {(row["person"], frozenset(row["identifiers"].split(";"))) for row in shown}
    assert len(sets) == len(shown)
    said = {(person, one) for person, identifiers in sets for one in identifiers}
    persons = _record_truth(small.truth / "records.csv.gz")
    for call in _json_rows(small, "web/events"):
        person = persons["web", "events", call["messageId"]]["person"]
        ids = {f"{name}={call[key]}" for name, key in (("anonymous_id", "anonymousId"), ("user_id", "userId")) if call.get(key)}  # fmt: skip
        email = call.get("traits", {}).get("email")
        ids |= {f"email={email.strip().lower()}"} if email else set()
        assert not person or not ids or any(ids <= identifiers for of, identifiers in sets if of == person)
    assert {("P-STORY", "email=anna.story@example.com"), ("P-STORY", "loyalty_id=LOY-STORY-0001")} <= said
    owners = {(r["namespace"], r["value"]): r["persons"].split(";") for r in csv.DictReader(_lines(small.truth / "identifiers.csv"))}  # fmt: skip
    for person, one in said:
        known = owners.get(tuple(one.split("=", 1)), [""])
        assert person in known or known == [""] or one.startswith("subscriber_id=")  # forwarded


def test_a_mails_link_carries_the_subscribers_id_to_the_web(busy: WrittenCompany) -> None:
    def eid(url: str) -> str:
        return url.partition("eid=")[2]

    clicked = {eid(e["url"]): e["email"] for e in _json_rows(busy, "email/events") if e["type"] == "click"}
    landed = [c for c in _json_rows(busy, "web/events") if "eid=" in c["context"].get("page", {}).get("url", "")]
    owners = {r["value"]: r["persons"] for r in csv.DictReader(_lines(busy.truth / "identifiers.csv")) if r["kind"] == "carried"}  # fmt: skip
    behind = _record_truth(busy.truth / "records.csv.gz")
    followed = [
        (owners[eid(c["context"]["page"]["url"])], behind["web", "events", c["messageId"]]["person"]) for c in landed
    ]
    assert {eid(c["context"]["page"]["url"]) for c in landed} <= set(clicked)
    assert len(clicked) == len(set(clicked.values()))  # an id an address
    assert len(followed) > 50
    assert sum(subscriber != follower for subscriber, follower in followed) <= 0.05 * len(followed)
