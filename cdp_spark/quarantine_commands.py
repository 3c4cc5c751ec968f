"""The ``cdp quarantine`` commands: parse, call, print."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(help="Look at the records that could not be used, and set them aside.", no_args_is_help=True)

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="cdp.yml, or the folder that holds it")]
SourceOption = Annotated[str | None, typer.Option(help="Only records of this source")]
StreamOption = Annotated[str | None, typer.Option(help="Only records of this stream")]
ReasonOption = Annotated[str | None, typer.Option(help="Only this reason, or kind: missing:order_id, or missing")]
_DEFAULT = Path("conf")


@app.command("list")
def quarantine_list(
    config: ConfigOption = _DEFAULT,
    source: SourceOption = None,
    stream: StreamOption = None,
    reason: ReasonOption = None,
) -> None:
    """Show what waits: by source, stream and reason, since when, and what to do about it."""
    from cdp_spark import opening
    from cdp_spark.contracts.quarantined import Chosen
    from cdp_spark.reports.quarantine import held_by_reason
    from cdp_spark.reports.terminal_records import quarantine_table

    settings, _, published = opening.reader(config)
    held = held_by_reason(published, settings, Chosen(source, stream, reason))
    Console().print(quarantine_table(held, settings))


@app.command("show")
def quarantine_show(  # noqa: PLR0913  # one parameter an option
    record: Annotated[
        str | None, typer.Argument(help="A record id; without one, the latest that the options name")
    ] = None,
    config: ConfigOption = _DEFAULT,
    source: SourceOption = None,
    stream: StreamOption = None,
    reason: ReasonOption = None,
    limit: Annotated[int, typer.Option(help="Records to show at the most", min=1)] = 5,
    show: Annotated[bool, typer.Option("--show", help="Show personal data in clear")] = False,
) -> None:
    """Show records whole, with every reason."""
    from cdp_spark import opening
    from cdp_spark.contracts.quarantined import Chosen
    from cdp_spark.reports.quarantine import held_records
    from cdp_spark.reports.terminal_records import quarantined_records

    settings, _, published = opening.reader(config)
    rows = held_records(published, Chosen(source, stream, reason, record), limit)
    Console().print(quarantined_records(rows, settings, in_clear=show))


@app.command("discard")
def quarantine_discard(  # noqa: PLR0913  # one parameter an option
    record: Annotated[str | None, typer.Argument(help="A record id; without one, all that the options name")] = None,
    config: ConfigOption = _DEFAULT,
    source: SourceOption = None,
    stream: StreamOption = None,
    reason: ReasonOption = None,
    as_of: Annotated[str | None, typer.Option(help="The run's time, with zone: 2026-03-01T00:00:00Z")] = None,
    log: Annotated[str, typer.Option(help="auto, plain, json or quiet")] = "auto",
) -> None:
    """Set aside records that need not be mended any more, in a run like any other; bronze and silver.redriven keep them."""
    from cdp_spark import pipeline
    from cdp_spark.contracts.quarantined import Chosen
    from cdp_spark.reports.summary import print_summary

    print_summary(pipeline.discard_from_arguments(config, Chosen(source, stream, reason, record), as_of, log), log)
