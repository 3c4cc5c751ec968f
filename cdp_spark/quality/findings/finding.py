"""A finding: what is wrong, how much of it there is, what it costs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cdp_spark.contracts.findings import KINDS, Severity, penalty
from cdp_spark.quality.fields import shown_name


@dataclass(frozen=True)
class Finding:
    """One row of ops.findings, but for the time it was found first."""

    kind: str
    source: str
    stream: str
    subject: str
    severity: Severity
    affected: int
    of: int | None
    share: float | None
    persons: int | None
    sentence: str
    examples: tuple[str, ...]
    penalty: float

    @property
    def finding_id(self) -> str:
        """What names it from run to run."""
        return ":".join((self.kind, self.source, self.stream, self.subject))


def a_finding(  # noqa: PLR0913  # what a finding says
    kind: str,
    source: str,
    stream: str,
    *,
    subject: str = "",
    affected: int,
    of: int | None = None,
    persons: int | None = None,
    severity: Severity | None = None,
    details: str = "",
    examples: Sequence[str] = (),
    lost: float = 0.0,
) -> Finding:
    """A finding with its share, severity, sentence and penalty. Names from the data are shown only if they name nobody.

    ``lost`` is the share of the source's records of which nothing came.
    """
    about = KINDS[kind]
    share = round(min(affected / of, 1.0), 6) if of else None
    level = severity or about.severity_at(share, affected)
    shown = shown_name(subject) if subject else ""
    return Finding(
        kind=kind, source=source, stream=stream, subject=shown, severity=level, affected=affected, of=of or None,
        share=share, persons=persons, sentence=_sentence(kind, shown, affected, of, details),
        examples=tuple(examples), penalty=penalty(level, share, lost),
    )  # fmt: skip


def _sentence(kind: str, subject: str, affected: int, of: int | None, details: str) -> str:
    about = KINDS[kind]
    unit = about.unit if (of or affected) != 1 else re.sub(r"(?<=ss)es\b|s\b", "", about.unit)
    counted = f"{affected:,} of {of:,} {unit} ({_percent(affected / of)})" if of else f"{affected:,} {unit}"
    return f"{counted}{f', {subject}' if subject else ''}: {about.title}{f' ({details})' if details else ''}."


def _percent(share: float) -> str:
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{100 * min(share, 1):.1f} %"
