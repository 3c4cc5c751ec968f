"""The ``cdp identity`` commands: parse, call, print."""

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(help="Ask who is who and why, and overrule it.", no_args_is_help=True)

_DEFAULT = Path("conf")
Config = Annotated[Path, typer.Option("--config", "-c", help="cdp.yml, or the folder that holds it")]
One = Annotated[str, typer.Argument(help="namespace:value, a value, or a person id")]
Value = Annotated[str, typer.Argument(help="namespace:value")]
Reason = Annotated[str, typer.Option(help="Why; kept with the decision")]
Actor = Annotated[str | None, typer.Option(help="Who decides; the login name when missing")]
RunNow = Annotated[bool, typer.Option("--run", help="Run the pipeline afterwards")]
AsOf = Annotated[str | None, typer.Option(help="The time of the run that follows, with zone; now by default")]
Settings = Annotated[Path, typer.Argument(help="Another identity.yml")]
Show = Annotated[bool, typer.Option("--show", help="Show personal data in clear")]


@app.command()
def merge(  # noqa: PLR0913  # one parameter an option
    one: One, other: One, reason: Reason, actor: Actor = None, config: Config = _DEFAULT, run: RunNow = False,
    as_of: AsOf = None,
) -> None:  # fmt: skip
    """Decide that two identifiers, or persons, are one person."""
    _decide("must_link", (one, other), reason, actor, config, run, as_of)


@app.command()
def unmerge(  # noqa: PLR0913  # one parameter an option
    one: One, other: One, reason: Reason, actor: Actor = None, config: Config = _DEFAULT, run: RunNow = False,
    as_of: AsOf = None,
) -> None:  # fmt: skip
    """Decide that two identifiers, or persons, are not one person."""
    _decide("must_not_link", (one, other), reason, actor, config, run, as_of)


@app.command()
def block(  # one parameter an option
    value: Value, reason: Reason, actor: Actor = None, config: Config = _DEFAULT, run: RunNow = False,
    as_of: AsOf = None,
) -> None:  # fmt: skip
    """Decide that a value never identifies anybody."""
    _decide("block_value", (value,), reason, actor, config, run, as_of)


@app.command()
def unblock(  # one parameter an option
    value: Value, reason: Reason, actor: Actor = None, config: Config = _DEFAULT, run: RunNow = False,
    as_of: AsOf = None,
) -> None:  # fmt: skip
    """Decide that a value identifies, whatever the rules say of placeholders and shared values."""
    _decide("unblock_value", (value,), reason, actor, config, run, as_of)


@app.command()
def revoke(
    decision: Annotated[str, typer.Argument(help="Id of the decision")],
    actor: Actor = None,
    config: Config = _DEFAULT,
    run: RunNow = False,
    as_of: AsOf = None,
) -> None:
    """End a decision; the row stays."""
    from cdp_spark import identity_actions

    identity_actions.decided(config, _actor(actor), lambda desk: desk.revoke(decision))
    Console().print(f"{decision} is revoked; {_effect(run)}")
    _run_afterwards(config, run, as_of)


@app.command()
def decisions(config: Config = _DEFAULT, show: Show = False) -> None:
    """List all decisions, newest first."""
    from cdp_spark import opening
    from cdp_spark.identity.decide import decisions_listed
    from cdp_spark.identity.terminal import decisions_table

    _, tables, published = opening.browser(config)
    Console().print(decisions_table(decisions_listed(tables, published), in_clear=show))


@app.command()
def log(
    person: Annotated[str | None, typer.Argument(help="Only what concerns this person id")] = None,
    config: Config = _DEFAULT,
    limit: Annotated[int, typer.Option(help="Rows to show at the most", min=1)] = 50,
) -> None:
    """What happened to persons, newest first."""
    from cdp_spark import opening
    from cdp_spark.identity.log import log_of_person
    from cdp_spark.reports.terminal import rows_table

    _, _, published = opening.browser(config)
    found = log_of_person(published, person)
    rows = found.limit(limit + 1).collect()
    Console().print(rows_table(found.columns, rows[:limit], more=len(rows) > limit))


@app.command()
def explain(one: One, other: One, config: Config = _DEFAULT, show: Show = False) -> None:
    """Why two identifiers or persons are one person, or why not; and what would change it."""
    from cdp_spark import opening
    from cdp_spark.identity.explain import explanation
    from cdp_spark.identity.terminal import explanation_text

    _, _, published = opening.browser(config)
    Console().print(explanation_text(explanation(published, one, other), in_clear=show))


@app.command()
def plan(settings: Settings, config: Config = _DEFAULT, show: Show = False) -> None:
    """Show what another identity.yml would change; writes nothing."""
    from cdp_spark import identity_actions
    from cdp_spark.identity.terminal import plan_text

    Console().print(plan_text(identity_actions.planned(config, settings), in_clear=show))


@app.command()
def publish(settings: Settings, config: Config = _DEFAULT, as_of: AsOf = None) -> None:
    """Put another identity.yml in the place of the configuration's, and run; a run that fails leaves the old one."""
    from cdp_spark import identity_actions
    from cdp_spark.reports.summary import print_summary

    print_summary(identity_actions.with_identity_settings(config, settings, as_of))


def _decide(  # noqa: PLR0913  # what the four commands share
    kind: str, about: tuple[str, ...], reason: str, actor: str | None, config: Path, run: bool, as_of: str | None
) -> None:
    from cdp_spark import identity_actions
    from cdp_spark.identity.decisions import Kind

    decision = Kind(kind)
    taken = identity_actions.decided(
        config,
        _actor(actor),
        lambda desk: (
            desk.pair(decision, about[0], about[1], reason)
            if len(about) > 1
            else desk.value(decision, about[0], reason)
        ),
    )
    said = "is decided" if taken.is_new else "was decided before"
    Console().print(f"{kind} {said}: {taken.decision_id}; {_effect(run)}")
    _run_afterwards(config, run, as_of)


def _actor(named: str | None) -> str:
    return named or getpass.getuser()


def _effect(run: bool) -> str:
    return "running now" if run else "it takes effect with the next `cdp run`"


def _run_afterwards(config: Path, run: bool, as_of: str | None) -> None:
    if run:
        from cdp_spark import pipeline
        from cdp_spark.reports.summary import print_summary

        print_summary(pipeline.run_from_arguments(config, as_of, None, None))
