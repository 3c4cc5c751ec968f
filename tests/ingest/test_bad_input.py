"""Bad files and records: each becomes a row with its fault, or one clear error; none is lost."""

import base64
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import Row, SparkSession

from cdp_spark.contracts.ops import LANDINGS
from tests.ingest.company import Company, stream

CSV = {"format": "csv"}
GOOD = '{"id": "good"}'


def csv_bytes() -> dict[str, bytes]:
    return {
        "csv/good.csv": b"id,name\n1,Ana\n2,\n",
        "csv/few.csv": b"id,name\n3,Bo\n4\n5,a,b\n6,Cy\n",
        "csv/quoted.csv": b'id,name\n7,"line one\nline ""two"", and more"\n8,Di\n',
        "csv/bom.csv": b"\xef\xbb\xbfid,name\r\n9,J\xc3\xb6rg\r\n",
        "csv/reordered.csv": b"name,extra,id\nEva,x,10\n",
        "csv/not_utf8.csv": b"id,name\n11,J\xf6rg\n12,Fay\n",
        "csv/doubled.csv": b"id,id,name\n13,14,Gus\n",
        "csv/header_only.csv": b"id,name\n",
        "latin/a.csv": b"id;Stra\xdfe\n15;J\xf6rg\n",
        "windows/a.csv": "id;preis\n16;5 €\n".encode("windows-1252"),
        "utf16/a.csv": "id,name\n17,Zoë\n".encode("utf-16"),
        "bare/a.csv": b"\xef\xbb\xbf18,Hal\n19,Ida\n",
    }


def json_lines() -> dict[str, bytes]:
    deep = '{"a":' * 5_000 + "1" + "}" * 5_000
    bad = {
        "broken": '{"id": "x", ',
        "cut_string": '{"id": "x',
        "two_records": '{"id": 1}{"id": 2}',
        "two_records_comma": '{"id": 1},{"id": 2}',
        "trailing": '{"id": 1} oops',
        "duplicate_keys": '{"id": 1, "id": 2}',
        "nested_duplicate_keys": '{"id": 1, "a": {"b": 1, "b": 2}}',
        "deep": deep,
        "array": '[{"id": 1}]',
        "text": '"id"',
        "null": "null",
        "nan": '{"id": NaN}',
        "single_quotes": "{'id': 1}",
        "nul": '{"id": "\x00"}',
        "lone_surrogate": '{"id": "\\ud800"}',
    }
    large = '{"id": "' + "x" * 10_000_000 + '"}'
    files = {f"json/{name}.jsonl": f"{GOOD}\n{line}\n".encode() for name, line in bad.items()}
    whole = gzip.compress(
        "".join(f'{{"id": {n}, "pad": "{n * 7919 % 104729:08d}{n * 31337:010d}"}}\n' for n in range(5_000)).encode()
    )
    return {
        **files,
        "json/large.jsonl": f"{GOOD}\n{large}\n{GOOD}\n".encode(),
        "json/invalid_utf8.jsonl": b'{"id": "a\xff"}\n' + GOOD.encode() + b"\n",
        "json/big_numbers.jsonl": b'{"id": 123456789012345678901234567890, "x": 1e999}\n',
        "json/bom.jsonl": b"\xef\xbb\xbf" + GOOD.encode() + b"\r\n",
        "json/blank_lines.jsonl": b"\n  \n" + GOOD.encode() + b"\n\n",
        "json/empty.jsonl": b"",
        "json/empty.jsonl.gz": b"",
        "json/truncated.jsonl.gz": whole[: len(whole) // 2],
        "latinjson/a.jsonl": b'{"id": "J\xf6rg"}\n',
    }


@pytest.fixture(scope="module")
def landed(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """All of it in one landing."""
    streams = {
        "json": stream(read={"path": "json"}),
        "csv": stream(read={"path": "csv", **CSV}),
        "latin": stream(read={"path": "latin", **CSV, "encoding": "latin-1", "delimiter": ";"}),
        "windows": stream(read={"path": "windows", **CSV, "encoding": "windows-1252", "delimiter": ";"}),
        "utf16": stream(read={"path": "utf16", **CSV, "encoding": "utf-16"}),
        "bare": stream(read={"path": "bare", **CSV, "columns": ["id", "name"]}),
        "latinjson": stream(read={"path": "latinjson", "encoding": "latin-1"}),
        "rows": stream(read={"path": "rows", "format": "parquet"}),
    }
    company = Company(spark, tmp_path_factory.mktemp("bad"), streams)
    for name, content in {**json_lines(), **csv_bytes()}.items():
        company.put(name, content)
    rows = company.landing / "rows"
    rows.mkdir()
    pq.write_table(
        pa.table(
            {
                "id": [1, 2],
                "at": pa.array([0, None], pa.timestamp("us", "UTC")),
                "price": pa.array(["1.10", "2.00"]).cast(pa.decimal128(10, 2)),
            }
        ),
        rows / "a.parquet",
    )
    pq.write_table(pa.table({"id": ["x"], "more": [{"k": [1]}]}), rows / "b.parquet")
    (rows / "torn.parquet").write_bytes(b"PAR1 this is no footer")
    company.ingest()
    return company


@pytest.fixture(scope="module")
def by_file(landed: Company) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in landed.bronze():
        found.setdefault(row["file_path"], []).append(row)
    return found


def faults(rows: list[Row]) -> list[str | None]:
    return [r["fault"] for r in rows]


def raws(rows: list[Row]) -> list[object]:
    return [json.loads(r["raw"]) for r in rows]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("broken", "malformed_json"),
        ("cut_string", "malformed_json"),
        ("two_records", "malformed_json"),
        ("two_records_comma", "malformed_json"),
        ("trailing", "malformed_json"),
        ("duplicate_keys", "duplicate_keys"),
        ("nested_duplicate_keys", "duplicate_keys"),
        ("deep", "malformed_json"),
        ("array", "not_an_object"),
        ("text", "not_an_object"),
        ("null", "not_an_object"),
        ("nan", "malformed_json"),
        ("single_quotes", "malformed_json"),
        ("nul", "malformed_json"),
        ("lone_surrogate", "malformed_json"),
    ],
)
def test_a_line_that_is_no_json_object_is_kept_with_its_fault(
    by_file: dict[str, list[Row]], name: str, fault: str
) -> None:
    rows = by_file[f"json/{name}.jsonl"]
    assert faults(rows) == [None, fault]
    assert f"{GOOD}\n{rows[1]['raw']}\n".encode() == json_lines()[f"json/{name}.jsonl"]


def test_ten_megabytes_in_one_line_are_kept_as_too_large(by_file: dict[str, list[Row]]) -> None:
    rows = by_file["json/large.jsonl"]
    assert faults(rows) == [None, "record_too_large", None]
    assert len(rows[1]["raw"]) > 10_000_000


def test_bytes_that_are_no_utf8_are_kept_exactly(by_file: dict[str, list[Row]]) -> None:
    bad, good = by_file["json/invalid_utf8.jsonl"]
    assert (bad["fault"], good["fault"]) == ("invalid_utf8", None)
    assert base64.b64decode(bad["raw_base64"]) == b'{"id": "a\xff"}'
    assert bad["raw"] == '{"id": "a\ufffd"}'


def test_numbers_beyond_64_bits_keep_their_digits(by_file: dict[str, list[Row]]) -> None:
    [row] = by_file["json/big_numbers.jsonl"]
    assert row["fault"] is None and "123456789012345678901234567890" in row["raw"]


def test_a_byte_order_mark_and_blank_lines_are_no_part_of_a_record(by_file: dict[str, list[Row]]) -> None:
    assert [(r["raw"], r["fault"]) for r in by_file["json/bom.jsonl"] + by_file["json/blank_lines.jsonl"]] == [
        (GOOD, None)
    ] * 2


@pytest.mark.parametrize("name", ["json/empty.jsonl", "json/empty.jsonl.gz"])
def test_an_empty_file_is_taken_down_as_empty(landed: Company, by_file: dict[str, list[Row]], name: str) -> None:
    assert name not in by_file
    [row] = landed.frame(LANDINGS).filter(f"path = '{name}'").collect()
    assert (row["state"], row["rows"]) == ("empty", 0)


def test_a_truncated_gzip_gives_what_can_be_read_and_says_so(landed: Company, by_file: dict[str, list[Row]]) -> None:
    rows = by_file["json/truncated.jsonl.gz"]
    [mark] = [r for r in rows if r["fault"] == "truncated_file"]
    read = [r for r in rows if r["fault"] is None]
    assert mark["raw"] is None and len(read) > 1_000
    assert [json.loads(r["raw"])["id"] for r in read] == list(range(len(read)))
    [end] = landed.frame(LANDINGS).filter("path = 'json/truncated.jsonl.gz' AND state != 'planned'").collect()
    assert (end["state"], end["rows"]) == ("truncated", len(rows))


def test_a_csv_row_with_a_wrong_number_of_cells_is_kept_as_it_is(by_file: dict[str, list[Row]]) -> None:
    rows = by_file["csv/few.csv"]
    assert faults(rows) == [None, "wrong_column_count", "wrong_column_count", None]
    assert [rows[1]["raw"], rows[2]["raw"]] == ["4", "5,a,b"]
    assert json.loads(rows[3]["raw"]) == {"id": "6", "name": "Cy"}


def test_quotes_and_line_ends_within_a_cell_belong_to_it(by_file: dict[str, list[Row]]) -> None:
    assert raws(by_file["csv/quoted.csv"]) == [
        {"id": "7", "name": 'line one\nline "two", and more'},
        {"id": "8", "name": "Di"},
    ]


def test_a_byte_order_mark_before_a_csv_header_is_no_part_of_it(by_file: dict[str, list[Row]]) -> None:
    assert raws(by_file["csv/bom.csv"]) == [{"id": "9", "name": "Jörg"}]


def test_columns_may_come_in_any_order_and_new_ones_are_kept(by_file: dict[str, list[Row]]) -> None:
    assert raws(by_file["csv/reordered.csv"]) == [{"name": "Eva", "extra": "x", "id": "10"}]


def test_an_empty_cell_is_left_out(by_file: dict[str, list[Row]]) -> None:
    assert raws(by_file["csv/good.csv"]) == [{"id": "1", "name": "Ana"}, {"id": "2"}]


def test_latin_1_that_nobody_announced_is_kept_exactly(by_file: dict[str, list[Row]]) -> None:
    bad, good = by_file["csv/not_utf8.csv"]
    assert (bad["fault"], good["fault"]) == ("invalid_utf8", None)
    assert base64.b64decode(bad["raw_base64"]) == b'{"id":"11","name":"J\xf6rg"}'


def test_latin_1_that_was_announced_is_read(by_file: dict[str, list[Row]]) -> None:
    assert raws(by_file["latin/a.csv"]) == [{"id": "15", "Straße": "Jörg"}]
    assert raws(by_file["latinjson/a.jsonl"]) == [{"id": "Jörg"}]


def test_windows_1252_and_utf_16_are_read(by_file: dict[str, list[Row]]) -> None:
    assert raws(by_file["windows/a.csv"]) == [{"id": "16", "preis": "5 €"}]
    assert raws(by_file["utf16/a.csv"]) == [{"id": "17", "name": "Zoë"}]


def test_a_csv_without_header_gets_the_configured_columns(by_file: dict[str, list[Row]]) -> None:
    assert raws(by_file["bare/a.csv"]) == [{"id": "18", "name": "Hal"}, {"id": "19", "name": "Ida"}]


def test_a_csv_with_two_columns_of_one_name_is_refused_whole(by_file: dict[str, list[Row]]) -> None:
    [row] = by_file["csv/doubled.csv"]
    assert row["fault"] == "doubled_column"
    assert json.loads(row["raw"]) == {"id": "13", "id__2": "14", "name": "Gus"}


def test_a_csv_with_nothing_but_a_header_has_no_records(landed: Company, by_file: dict[str, list[Row]]) -> None:
    assert "csv/header_only.csv" not in by_file
    [end] = landed.frame(LANDINGS).filter("path = 'csv/header_only.csv' AND state != 'planned'").collect()
    assert (end["state"], end["rows"]) == ("landed", 0)


def test_parquet_rows_become_json_whatever_columns_each_file_has(by_file: dict[str, list[Row]]) -> None:
    first, second = (r["raw"] for r in by_file["rows/a.parquet"])
    assert first == '{"id":1,"at":"1970-01-01T00:00:00.000000Z","price":1.10}'
    assert second == '{"id":2,"price":2.00}'
    assert raws(by_file["rows/b.parquet"]) == [{"id": "x", "more": {"k": [1]}}]


def test_a_torn_parquet_file_is_marked(by_file: dict[str, list[Row]]) -> None:
    assert faults(by_file["rows/torn.parquet"]) == ["truncated_file"]


def test_a_file_that_is_completed_later_is_taken_again(spark: SparkSession, tmp_path: Path) -> None:
    company = Company(spark, tmp_path, {"events": stream(message_id="id", read={"rewritten": "ignore"})})
    whole = gzip.compress("".join(f'{{"id": {n}}}\n' for n in range(2_000)).encode())
    company.put("in/a.jsonl.gz", whole[:-200])
    assert company.ingest().details["files_truncated"] == 1
    company.put("in/a.jsonl.gz", whole)
    counts = company.ingest()
    assert (counts.kept, counts.details["files_landed"]) == (2_000, 1)
