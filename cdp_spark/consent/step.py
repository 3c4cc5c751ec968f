"""Brings silver.consent_state up to date."""

from cdp_spark.consent.state import consent_state
from cdp_spark.contracts.silver import CONSENT_EVENTS, CONSENT_STATE
from cdp_spark.runtime.run import Counts, Run, Step


def run_consent(run: Run) -> Counts:
    """Derives what holds from everything that was said, and writes the rows that differ."""
    events = run.tables.read(CONSENT_EVENTS)
    written = run.tables.replace(CONSENT_STATE, consent_state(events, run.config.consent))
    return Counts(changed=written.changed)


STEP = Step(
    name="consent",
    about="what holds for each contact point",
    run=run_consent,
    reads=lambda _: (CONSENT_EVENTS,),
    writes=lambda _: (CONSENT_STATE,),
    settings=lambda config: config.consent,
)
