"""Reading a configuration: every problem of every file, at once."""

import re
from datetime import date
from pathlib import Path

import pytest

from cdp_spark.config import load_config
from cdp_spark.config.schemas import schemas
from cdp_spark.config.starting import write_starting_configuration
from cdp_spark.errors import ConfigError, UsageError

SOURCE = """
source: shop
streams:
  events:
    read: {path: events, format: jsonl}
    mappings:
      - to: events
        set: {type: type, event_ts: at}
"""


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path = path.with_name(path.name + ".yml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as e:
        load_config(folder)
    assert e.value.exit_code == 2
    found = e.value.facts["problems"]
    assert isinstance(found, list)
    return found


def test_the_smallest_configuration_is_a_name(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, cdp="name: acme"))
    assert config.project.name == "acme"
    assert config.warehouse == str(tmp_path.parent / "data/warehouse")


def test_all_problems_of_all_files_are_named_at_once(tmp_path: Path) -> None:
    written(
        tmp_path,
        cdp="name: acme\nwarehuose: x\ntimezone: Mars/Base",
        sources__shop=SOURCE.replace("jsonl", "xml"),
        traits="traits: {spend: {kind: sum, orders: true}}",
    )
    found = "\n".join(problems_of(tmp_path))
    assert "cdp.yml: warehuose: is not known here" in found
    assert "cdp.yml: timezone" in found
    assert "sources/shop.yml: streams.events.read.format" in found
    assert "traits.yml: traits.spend: kind sum needs a property" in found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: a\nname: b", "line 2: key 'name' stands twice"),
        ("name: !!python/object/apply:os.system [id]", "could not determine a constructor"),
        ("a: &x [1]\nb: *x", "aliases are not allowed"),
        ("name: [unclosed", "line"),
        ("name: acme\ncountry: NO\ncurrency: 0123", "currency"),
        ("- a\n- b", "valid dictionary"),
    ],
)
def test_bad_yaml_is_one_clear_problem(tmp_path: Path, text: str, problem: str) -> None:
    found = problems_of(written(tmp_path, cdp=text))
    assert any(problem in p for p in found), found
    assert not any("country" in p for p in found)


def test_wrong_types_are_named_with_their_path(tmp_path: Path) -> None:
    found = problems_of(written(tmp_path, cdp="name: 7\nruntime: {driver_memory: lots}"))
    assert any(p.startswith("cdp.yml: name") for p in found)
    assert any(p.startswith("cdp.yml: runtime.driver_memory") for p in found)


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        (
            "{all: [{trait: t, gte: 1}, {event: E, count: {gte: two}}]}",
            "where.all.1.count.gte: Input should be a valid integer, unable to parse string as an integer",
        ),
        ("{all: [{any: [{not: {event: E, window: {last: 3x}}}]}]}", "where.all.0.any.0.not.window.last: a duration is"),
        ("{trate: t, gte: 1}", "where: has trate, gte; needs one of all, any, not, trait, field, event, audience"),
        ("[]", "where: needs one of all, any, not, trait, field, event, audience"),
        ("{trait: t, gte: 1, lte: 2}", "where: needs exactly one operator, has 2: lte, gte"),
        ("{all: []}", "where.all: Tuple should have at least 1 item"),
        ("{event: E, wher: []}", "where.wher: is not known here; did you mean where?"),
        ("{event: E, qqq: 1}", "where.qqq: is not known here; known: count, event, where, window"),
        ("{trait: t, newer_than: 30d}", "where.newer_than: is not known here; known: after, before, contains"),
        ("{event: E, trait: t}", "where.event: is not known here"),
        ("{trait: t, gte: one}", "where.gte: should be a number"),
        ("{trait: t, eq: [1]}", "where.eq: should be a text or a number or true or false"),
    ],
)
def test_one_mistake_in_a_condition_is_one_problem(tmp_path: Path, where: str, problem: str) -> None:
    [found] = problems_of(written(tmp_path, cdp="name: acme", audiences__a=f"audience: a\nwhere: {where}"))
    assert found.startswith(f"audiences/a.yml: {problem}")
    assert "mean event" not in found


@pytest.mark.parametrize(
    ("sync", "problem"),
    [
        ("{audience: a}", "syncs.0.purposes: is missing: Consent purposes that must be granted"),
        ("{purposes: [x]}", "syncs.0.audience: is missing"),
        ("{audience: a, purposes: [x], supress: [b]}", "syncs.0.supress: is not known here; did you mean suppress?"),
        ("{audience: a, purposes: [x], q: 1}", "syncs.0.q: is not known here; known: audience, purposes, suppress"),
    ],
)
def test_what_is_missing_or_unknown_is_told_by_the_part_where_it_stands(
    tmp_path: Path, sync: str, problem: str
) -> None:
    text = f"destination: d\nfields: {{Email: {{contact_points: email}}}}\nsyncs: [{sync}]"
    assert problems_of(written(tmp_path, cdp="name: acme", destinations__d=text)) == [f"destinations/d.yml: {problem}"]


def test_one_mistake_in_a_mapping_is_one_problem_with_the_names_that_were_written(tmp_path: Path) -> None:
    source = SOURCE.replace("event_ts: at", "event_ts: {fisrt: [at]}")
    assert source != SOURCE
    [found] = problems_of(written(tmp_path, cdp="name: acme", sources__shop=source))
    assert found.startswith(
        "sources/shop.yml: streams.events.mappings.0.set.event_ts: has fisrt; needs a path or one of const, first"
    )
    source = SOURCE.replace("event_ts: at", "event_ts: {first: [at, {text: a, csae: lower}]}")
    [found] = problems_of(written(tmp_path, cdp="name: acme", sources__shop=source))
    assert found.endswith("set.event_ts.first.1.csae: is not known here; did you mean case?")
    source = SOURCE.replace("event_ts: at", "event_ts: {const: [1]}") + "        identifiers: {email: {frist: [a]}}\n"
    two = problems_of(written(tmp_path, cdp="name: acme", sources__shop=source))
    assert [p.split(".")[-1][:30] for p in two] == [
        "const: should be a text or a n",
        "email: has frist; needs a path",
    ]
    plan = "sources: [shop]\nevents: {Order Completed: {required: {total: {type: munber}}}}"
    problems = problems_of(written(tmp_path, cdp="name: acme", sources__shop=SOURCE, tracking_plan=plan))
    assert any(p.startswith("tracking_plan.yml: events.Order Completed.required") for p in problems)


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ("DD.MM.YYYY hh:mm", "is no format of a time: the words are auto"),
        ("DD.MM.yyyy", "D is the day of the year"),
        ("dd.MM.yyyy hh:mm", "the hour of the day is HH"),
        ("iso", "is no format of a time"),
        ("epoch", "is no format of a time"),
        ("--", "is no format of a time"),
    ],
)
def test_a_format_that_reads_no_time_is_a_problem(tmp_path: Path, form: str, problem: str) -> None:
    source = SOURCE.replace("event_ts: at", f"event_ts: {{time: at, formats: ['{form}']}}")
    [found] = problems_of(written(tmp_path, cdp="name: acme", sources__shop=source))
    assert "set.event_ts.time" in found or "set.event_ts.formats.0" in found
    assert problem in found


@pytest.mark.parametrize(
    "form", ["dd.MM.yyyy HH:mm", "yyyy-MM-dd'T'HH:mm:ss[.SSS]XXX", "hh:mm a d/M/yy", "yyyyDDD", "epoch_ms"]
)
def test_a_format_that_reads_times_is_none(tmp_path: Path, form: str) -> None:
    source = SOURCE.replace("event_ts: at", 'event_ts: {time: at, formats: ["' + form + '"]}')
    assert load_config(written(tmp_path, cdp="name: acme", sources__shop=source)).sources


def test_a_problem_says_in_which_document_of_a_file_it_is(tmp_path: Path) -> None:
    two = "audience: a\nwhere: {field: f, exists: true}\n---\naudience: b\nwhere: {}"
    [found] = problems_of(written(tmp_path, cdp="name: acme", audiences__a=two))
    assert found.startswith("audiences/a.yml, document 2: where: needs one of")


def test_names_that_nobody_defines_are_problems(tmp_path: Path) -> None:
    written(
        tmp_path,
        cdp="name: acme",
        sources__shop=SOURCE.replace("event_ts: at", "event_tss: at"),
        audiences__a="audience: a\nwhere: {trait: nothing, gt: 1}\nexclude: [ghost]",
        audiences__b="audience: b\nwhere: {audience: c}",
        audiences__c="audience: c\nwhere: {not: {audience: b}}",
        destinations__d="destination: d\nfields: {email: {contact_points: email}}\nsyncs: [{audience: x, purposes: [p]}]",
    )
    found = "\n".join(problems_of(tmp_path))
    for part in ("no column event_tss", "trait nothing", "audience ghost", "b → c → b", "audience x", "purpose p"):
        assert part in found


def test_a_trait_over_orders_asks_for_what_orders_have(tmp_path: Path) -> None:
    traits = "{a: {kind: sum, orders: true, property: revenu}, b: {kind: count, orders: true, where: [{property: gift.kind, eq: x}]}}"
    source = """source: shop
streams:
  orders:
    read: {path: shop, format: jsonl}
    mappings: [{to: orders, set: {order_id: id, ordered_at: at, properties: PROPERTIES}}]"""
    config = source.replace("PROPERTIES", "{object: {gift: gift}}")
    written(tmp_path, cdp="name: acme", traits=f"traits: {traits}", sources__shop=config)
    assert problems_of(tmp_path) == ["traits.yml: traits.a: orders have no revenu; did you mean revenue?"]
    config = source.replace("PROPERTIES", "{rest: record}")
    written(tmp_path, cdp="name: acme", traits=f"traits: {traits}", sources__shop=config)
    assert load_config(tmp_path).traits.traits["a"].property == "revenu"


def test_rules_and_plans_speak_of_sources_and_columns_that_are_there(tmp_path: Path) -> None:
    rules = (
        "{id: a, table: orders, field: totl, not_null: true}",
        "{id: b, table: events, field: properties.price, not_null: true, when: {field: chanel, exists: true}, source: ghost}",
        "{id: c, table: orders, field: order_id, references: {table: order_lines, field: ordr_id}}",
    )
    written(
        tmp_path,
        cdp="name: acme",
        sources__shop=SOURCE,
        quality=f"freshness_of: {{gone: {{warn_after: 2d}}}}\nrules: [{', '.join(rules)}]",
        tracking_plan="sources: [shop, nosuch]",
    )
    assert sorted(problems_of(tmp_path)) == [
        "quality.yml: freshness_of.gone: there is no source gone; known: shop",
        "quality.yml: rules.a: orders has no column totl; did you mean total?",
        "quality.yml: rules.b: events has no column chanel; did you mean channel?",
        "quality.yml: rules.b: there is no source ghost; known: shop",
        "quality.yml: rules.c: order_lines has no column ordr_id; did you mean order_id?",
        "tracking_plan.yml: sources: there is no source nosuch; known: shop",
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("audience/new.yml", "audience: is not read; name it audiences"),
        ("identiy.yml", "identiy.yml: is not read; name it identity.yml"),
        ("identity.yaml", "identity.yaml: is not read; name it identity.yml"),
        ("sources/shop.yaml", "sources/shop.yaml: is not read; name it sources/shop.yml"),
        ("sources/eu/shop.yml", "sources/eu/shop.yml: is not read; name it sources/shop.yml"),
    ],
)
def test_what_would_be_passed_over_is_named(tmp_path: Path, name: str, meant: str) -> None:
    written(tmp_path, cdp="name: acme")
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("")
    assert problems_of(tmp_path) == [f"{meant}, or keep it elsewhere"]


def test_files_beside_the_configuration_are_nobodys_business(tmp_path: Path) -> None:
    written(tmp_path, cdp="name: acme", identity="{}", identity_strict="{}", sources__shop=SOURCE)
    beside = (
        "README.md",
        "schemas/source.json",
        "sources/notes.txt",
        "old/shop.yml",
        "source/main.c",
        ".traits.yml.swp",
    )
    hidden = ("sources/.shop.yaml", "sources/.ipynb_checkpoints/shop-checkpoint.yml")
    for name in (*beside, *hidden):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert load_config(tmp_path).project.name == "acme"


def test_a_destination_without_purposes_is_refused(tmp_path: Path) -> None:
    written(
        tmp_path,
        cdp="name: acme",
        destinations__d="destination: d\nfields: {email: {contact_points: email}}\nsyncs: [{audience: x, purposes: []}]",
    )
    assert any("purposes" in p for p in problems_of(tmp_path))


def test_a_missing_configuration_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cdp init"):
        load_config(tmp_path / "nowhere")


def test_the_starting_configuration_is_whole_and_never_overwritten(tmp_path: Path) -> None:
    write_starting_configuration(tmp_path, "acme", date(2026, 2, 8))
    config = load_config(tmp_path / "conf")
    assert (config.project.name, len(config.sources), len(config.destinations)) == ("acme", 1, 1)
    with pytest.raises(UsageError, match="already"):
        write_starting_configuration(tmp_path, "acme", date(2026, 2, 8))


def test_the_examples_tell_of_the_week_before(tmp_path: Path) -> None:
    write_starting_configuration(tmp_path, "acme", date(2027, 3, 1))
    landed = "".join(p.read_text() for p in (tmp_path / "data" / "landing").rglob("example.*"))
    days = re.findall(r"\d{4}-\d\d-\d\dT", landed)
    assert min(days) == "2027-01-31T" and max(days) == "2027-02-28T"


def test_the_version_follows_choices_not_layout(tmp_path: Path) -> None:
    one = load_config(written(tmp_path / "1", cdp="name: acme\ncountry: AT")).version
    same = load_config(written(tmp_path / "2", cdp="# a comment\ncountry: AT\nname: acme")).version
    other = load_config(written(tmp_path / "3", cdp="name: acme\ncountry: DE")).version
    assert one == same != other


def test_every_configuration_file_has_a_schema() -> None:
    found = schemas()
    assert {"cdp.schema.json", "source.schema.json", "audience.schema.json"} <= set(found)
    assert found["cdp.schema.json"]["properties"]["name"]  # type: ignore[index]
