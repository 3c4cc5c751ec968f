"""Why a record can wait in quarantine, and what to do about it: every reason that ingest and normalize give."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The kind of a reason; one about a column or purpose names it behind a colon, e.g. ``missing:order_id``."""

    MALFORMED_JSON = "malformed_json"
    DUPLICATE_KEYS = "duplicate_keys"
    NOT_AN_OBJECT = "not_an_object"
    INVALID_UTF8 = "invalid_utf8"
    RECORD_TOO_LARGE = "record_too_large"
    WRONG_COLUMN_COUNT = "wrong_column_count"
    DOUBLED_COLUMN = "doubled_column"
    TRUNCATED_FILE = "truncated_file"
    NO_MAPPING = "no_mapping"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    PLACEHOLDER = "placeholder"
    UNKNOWN_TYPE = "unknown_type"
    MESSAGE_ID_TOO_LONG = "message_id_too_long"
    DUP_CONFLICT = "dup_conflict"
    RULE = "rule"
    PLAN = "plan"
    SEVERAL_ROWS_OF_A_DAY = "several_rows_of_a_day"

    def about(self, column: str) -> str:
        """The reason, said of a column."""
        return f"{self}:{column}"


@dataclass(frozen=True)
class Advice:
    """What to do about a reason, and whether sending the records through again can help once that is done."""

    text: str
    redrive: bool = True


_SENT_AGAIN = "One sent again is a new record; `cdp quarantine discard` sets this one aside."

ADVICE: dict[Reason, Advice] = {
    Reason.MALFORMED_JSON: Advice(
        f"Ask the sender for one JSON object a line; half-written files mean the transfer broke off. {_SENT_AGAIN}",
        redrive=False,
    ),
    Reason.NOT_AN_OBJECT: Advice(
        f"A record is one JSON object, not a list or a bare value: ask the sender. {_SENT_AGAIN}", redrive=False
    ),
    Reason.DUPLICATE_KEYS: Advice(
        f"The object names one field twice, and which is meant nobody knows: ask the sender. {_SENT_AGAIN}",
        redrive=False,
    ),
    Reason.INVALID_UTF8: Advice(
        "Set the file's encoding in the source's read, and put the file there again.", redrive=False
    ),
    Reason.RECORD_TOO_LARGE: Advice(
        "Ask why a record is that large, or raise max_record_bytes in the source's read and put the file there again.",
        redrive=False,
    ),
    Reason.WRONG_COLUMN_COUNT: Advice(
        "Look for the delimiter or a line break inside an unquoted cell; set delimiter and quote in the source's read, "
        "and put the file there again.",
        redrive=False,
    ),
    Reason.DOUBLED_COLUMN: Advice(
        "Two columns of the file have one name: have the export mended and sent again.", redrive=False
    ),
    Reason.TRUNCATED_FILE: Advice("The file ends within a record or is damaged: have it sent again.", redrive=False),
    Reason.NO_MAPPING: Advice(
        "No mapping takes this kind of record: add one, or set unmatched: skip; then `cdp redrive`."
    ),
    Reason.MISSING: Advice(
        "The table cannot do without the field: map it from another place, give it a constant or, where the mapping looks its "
        "values up, add the missing one to the list; then `cdp redrive`."
    ),
    Reason.UNREADABLE: Advice(
        "The value does not read as its type, or is a word nobody knows: state format, decimal sign or zone, or map the "
        "word, in the source's mapping; then `cdp redrive`. A value that is wrong itself is corrected where it comes from and "
        "sent again, as a new record; `cdp quarantine discard` sets this one aside."
    ),
    Reason.PLACEHOLDER: Advice(
        "The id is a word that stands for none, like null or unknown: map the field from where the true id is, then "
        "`cdp redrive`."
    ),
    Reason.UNKNOWN_TYPE: Advice(
        "type is none of identify, track, page, screen, group, alias: translate it with map in the mapping, then "
        "`cdp redrive`."
    ),
    Reason.MESSAGE_ID_TOO_LONG: Advice(
        "Ids of more than 100 characters are no ids: ask the sender for a shorter one. The record keeps the id it "
        "landed with.",
        redrive=False,
    ),
    Reason.DUP_CONFLICT: Advice(
        "Another record with this id, and other content, was there first: ask the sender for an id of its own for each "
        "fact, or name another field as message_id.",
        redrive=False,
    ),
    Reason.RULE: Advice(
        "The row breaks the named rule of quality.yml: mend the source or the mapping, or change the rule; then "
        "`cdp redrive`."
    ),
    Reason.PLAN: Advice(
        "The event breaks tracking_plan.yml: show the plan to whoever sends it, or change the plan; then `cdp redrive`."
    ),
    Reason.SEVERAL_ROWS_OF_A_DAY: Advice(
        "The report breaks a campaign's day down further, by device or ad group: ask for it by campaign and day, or map "
        "what it is broken down by into campaign as well; where it holds earlier figures of a day too, map when each was "
        "reported to version_ts; then `cdp redrive`."
    ),
}


_OF_AN_ADDRESS = {
    Reason.UNREADABLE.about(kind): Advice(
        f"The text is no {kind}: correct it in the source and send the record again; or, where the mapping reads another "
        "field than it should, mend the mapping, then `cdp redrive`."
    )
    for kind in ("email", "phone")
}


def advice(reason: str) -> Advice:
    """What to do about a reason as it stands in silver.quarantine; general words where it is none of the known ones."""
    kind = reason.split(":", 1)[0]
    known = {r.value: a for r, a in ADVICE.items()}
    return _OF_AN_ADDRESS.get(reason) or known.get(
        kind,
        Advice("Look at the records with `cdp quarantine show`, mend the mapping or the source, then `cdp redrive`."),
    )
