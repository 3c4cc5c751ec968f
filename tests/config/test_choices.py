"""consent.yml and profiles.yml: what cannot be asked for is refused when it is read."""

from typing import Any

import pytest
from pydantic import ValidationError

from cdp_spark.config.consent import ConsentConfig
from cdp_spark.config.profiles import FIELD_TYPES, ProfilesConfig

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"fields": ["phone"], "rules": ["verified_first"]}, "verified_first"),
    ({"fields": ["email", "phone"], "rules": ["verified_first"]}, "verified_first"),
    ({"fields": ["birth_date"], "rules": ["longest"]}, "birth_date is no text"),
    ({"fields": ["city"], "rules": ["source_priority"]}, "go together"),
    ({"fields": ["city"], "sources": ["crm"]}, "go together"),
    ({"fields": ["city"], "rules": []}, "at least 1 item"),
    ({"fields": ["city"], "rules": ["newest"]}, "most_recent"),
    ({"fields": ["sources"]}, "sources is computed"),
]


@pytest.mark.parametrize(("group", "problem"), REFUSED)
def test_rules_that_cannot_be_applied_are_refused(group: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        ProfilesConfig.model_validate({"fields": [group]})


def test_every_field_has_rules_once_and_those_not_named_go_by_time() -> None:
    config = ProfilesConfig.model_validate({"fields": [{"fields": ["city", "street"], "rules": ["longest"]}]})
    fields = [f for group in config.groups for f in group.fields]
    assert sorted(fields) == sorted(FIELD_TYPES)
    assert {group.rules for group in config.groups[1:]} == {("most_recent",)}


def test_advertising_is_never_granted_by_default() -> None:
    with pytest.raises(ValidationError, match="advertising needs a grant"):
        ConsentConfig.model_validate({"purposes": {"advertising": {"default": "granted"}}})


def test_only_purposes_named_so_are_granted_unasked() -> None:
    chosen = {"advertising": {}, "analytics": {"default": "granted"}, "marketing_email": {"default": "denied"}}
    assert ConsentConfig.model_validate({"purposes": chosen}).granted_unasked == ("analytics",)
    assert ConsentConfig().granted_unasked == ()


def test_a_company_s_own_methods_add_to_the_usual_ones() -> None:
    strength = ConsentConfig.model_validate({"strength": {"notary": 3, "banner": 0}}).strength
    assert (strength["notary"], strength["banner"], strength["form"]) == (3, 0, 2)
