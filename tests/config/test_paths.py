"""Which paths of a record a reason is about."""

import pytest
from pydantic import TypeAdapter

from cdp_spark.config.paths import paths_behind
from cdp_spark.config.sources import Stream

STREAM = TypeAdapter(Stream).validate_python(
    {
        "read": {"path": "in", "format": "jsonl"},
        "mappings": [
            {
                "to": "orders",
                "set": {"order_id": "nr", "ordered_at": {"time": {"concat": ["Date", "Time"]}}, "version_ts": "Date"},
                "lines": {"each": "items", "set": {"line": "pos", "total": {"number": "price.amount"}}},
                "identifiers": {"email": ["mail", "contact.mail"], "phone": "tel"},
            },
            {
                "to": "consent_events",
                "set": {"captured_at": "Date"},
                "identifiers": {"email": "mail"},
                "purposes": {"ads": {"status": "ok"}, "email": {"status": {"map": "news", "values": {"y": "granted"}}}},
            },
        ],
    }
)


@pytest.mark.parametrize(
    ("target", "subject", "paths"),
    [
        ("orders", "ordered_at", ["Date", "Time"]),
        ("orders", "email", ["mail", "contact.mail"]),
        ("orders", "identifiers", ["mail", "contact.mail", "tel"]),
        ("orders", "captured_at", []),
        ("order_lines", "total", ["items[].price.amount"]),
        ("order_lines", "ordered_at", []),
        ("consent_events", "status.email", ["news"]),
        ("consent_events", "status", ["ok", "news"]),
        ("record", "ordered_at", []),
    ],
)
def test_paths_behind_a_column_a_namespace_and_a_purpose(target: str, subject: str, paths: list[str]) -> None:
    assert paths_behind(STREAM, target, subject) == paths
