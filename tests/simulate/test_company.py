"""The company's bounds and its time."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from cdp_spark.errors import UsageError
from cdp_spark.simulate import Company


def test_the_last_day_is_the_one_before_the_end() -> None:
    company = Company(people=1, days=90)
    assert company.date(0) == date(2025, 12, 1)
    assert company.date(89) == date(2026, 2, 28)
    assert company.day_ms(90) == int(company.end.timestamp()) * 1000


@pytest.mark.parametrize(
    "change",
    [
        {"people": 0},
        {"people": 5_000_001},
        {"days": 13},
        {"end": datetime(2026, 3, 1, 12, tzinfo=UTC)},
        {"end": datetime(2026, 3, 1, tzinfo=UTC).replace(tzinfo=None)},
        {"end": datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=1)))},
    ],
    ids=["nobody", "more than the phone ranges", "too short for the story", "noon", "no zone", "midnight elsewhere"],
)
def test_an_impossible_company_is_refused(change: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        Company(**change)  # type: ignore[arg-type]  # some values are of a wrong kind on purpose


def test_draws_depend_on_seed_and_topic_and_not_on_the_number_of_days() -> None:
    company, longer = Company(days=90), Company(days=91, end=datetime(2026, 3, 2, tzinfo=UTC))
    assert company.dice("web", 3).random() == longer.dice("web", 3).random()
    assert company.dice("web", 3).random() != company.dice("web", 4).random()
    assert company.dice("web", 3).random() != Company(seed=8).dice("web", 3).random()
