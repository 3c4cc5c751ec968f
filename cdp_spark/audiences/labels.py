"""Labels of leaves: canonical and readable. Equal leaves have equal labels, different ones different."""

import hashlib
import json

from cdp_spark.config.conditions import (
    AudienceLeaf,
    Comparison,
    EventLeaf,
    FieldLeaf,
    PropertyCondition,
    TraitLeaf,
    Window,
)

Leaf = TraitLeaf | FieldLeaf | EventLeaf | AudienceLeaf

KNOWN_PERSON = "known person"
_LONGEST = 300


def leaf_label(leaf: Leaf) -> str:
    """What a leaf says, e.g. ``trait revenue_90d gte 150``."""
    if isinstance(leaf, TraitLeaf):
        return _short(f"trait {leaf.trait} {_comparison(leaf)}")
    if isinstance(leaf, FieldLeaf):
        return _short(f"field {leaf.field} {_comparison(leaf)}")
    if isinstance(leaf, EventLeaf):
        operator, n = leaf.count.operator()
        return _short(f"{_event(leaf)} count {operator} {n}")
    return f"audience {leaf.audience}"


def exclusion_label(audience: str) -> str:
    """Membership of an excluded audience."""
    return f"excluded audience {audience}"


def counter_name(leaf: EventLeaf) -> str:
    """Names what an event leaf counts, whatever it compares the count with."""
    return "count_" + hashlib.sha256(_event(leaf).encode()).hexdigest()[:16]


def _event(leaf: EventLeaf) -> str:
    # Conditions on one event hold together, in whatever order they are written.
    where = sorted(_property(w) for w in leaf.where)
    parts = [
        "event",
        _text(leaf.event.strip().lower()),
        *_window(leaf.window),
        *(["where"] if where else []),
        " and ".join(where),
    ]
    return " ".join(p for p in parts if p)


def _property(condition: PropertyCondition) -> str:
    return f"{_text(condition.property)} {_comparison(condition)}"


def _comparison(comparison: Comparison) -> str:
    operator, argument = comparison.operator()
    fold = not comparison.exact
    values = sorted({_value(a, fold) for a in argument}) if isinstance(argument, tuple) else [_value(argument, fold)]
    text = ", ".join(values)
    return f"{operator} {f'[{text}]' if isinstance(argument, tuple) else text}{'' if fold else ' exactly'}"


def _value(argument: object, fold: bool) -> str:
    if isinstance(argument, str):
        return _text(argument.lower() if fold else argument)
    if isinstance(argument, bool):
        return "true" if argument else "false"
    if isinstance(argument, float) and argument.is_integer():
        return str(int(argument))
    return _duration(argument) if hasattr(argument, "total_seconds") else str(argument)


def _window(window: Window | None) -> list[str]:
    if window is None:
        return []
    if window.last is not None:
        return [f"last {_duration(window.last)}"]
    if window.between is not None:
        return [f"between {_duration(window.between[0])} and {_duration(window.between[1])} ago"]
    return [f"since {window.since}"]


def _duration(duration: object) -> str:
    seconds = int(duration.total_seconds())  # type: ignore[attr-defined]  # a timedelta
    for unit, size in (("d", 86_400), ("h", 3_600)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds // 60}m"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _short(label: str) -> str:
    if len(label) <= _LONGEST:
        return label
    return f"{label[:_LONGEST]}… {hashlib.sha256(label.encode()).hexdigest()[:12]}"
