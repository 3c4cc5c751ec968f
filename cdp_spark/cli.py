"""The ``cdp`` command: parses, calls, prints."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cdp_spark import __version__, identity_commands, quarantine_commands
from cdp_spark.quarantine_commands import ReasonOption, SourceOption, StreamOption
from cdp_spark.runtime.exits import exit_code_of

app = typer.Typer(
    name="cdp", help="Customer data platform on Spark and Delta.", no_args_is_help=True, pretty_exceptions_enable=False
)
config_app = typer.Typer(help="Check the configuration, or write its JSON Schemas.", no_args_is_help=True)
app.add_typer(config_app, name="config")
identity_app = identity_commands.app
app.add_typer(identity_app, name="identity")
app.add_typer(quarantine_commands.app, name="quarantine")

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="cdp.yml, or the folder that holds it")]
_DEFAULT = Path("conf")


@app.command()
def run(  # noqa: PLR0913  # one parameter an option
    config: ConfigOption = _DEFAULT,
    as_of: Annotated[str | None, typer.Option(help="The run's time, with zone: 2026-03-01T00:00:00Z")] = None,
    run_id: Annotated[str | None, typer.Option(help="Name of the run; made up when missing")] = None,
    stage: Annotated[list[str] | None, typer.Option(help="Only this stage; may be repeated")] = None,
    recompute: Annotated[
        bool, typer.Option(help="Compute everything after normalize again, also where nothing changed")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Make everything again from the raw records, by the mappings of today")
    ] = False,
    accept_guard: Annotated[bool, typer.Option(help="Let pass what a guard held")] = False,
    log: Annotated[str, typer.Option(help="auto, plain, json or quiet")] = "auto",
) -> None:
    """Take in what is new, bring every table and destination up to date, publish, report."""
    from cdp_spark import pipeline
    from cdp_spark.reports.summary import print_summary

    print_summary(pipeline.run_from_arguments(config, as_of, run_id, stage, recompute, full, accept_guard, log), log)


@app.command()
def status(config: ConfigOption = _DEFAULT) -> None:
    """Show the last runs, what is published and how many rows every table has."""
    from cdp_spark import opening
    from cdp_spark.reports.status import warehouse_status
    from cdp_spark.reports.terminal import status_tables

    settings, _, published = opening.reader(config)
    Console().print(status_tables(warehouse_status(published, settings)))


@app.command()
def redrive(  # one parameter an option
    config: ConfigOption = _DEFAULT,
    source: SourceOption = None,
    stream: StreamOption = None,
    reason: ReasonOption = None,
    as_of: Annotated[str | None, typer.Option(help="The run's time, with zone: 2026-03-01T00:00:00Z")] = None,
    log: Annotated[str, typer.Option(help="auto, plain, json or quiet")] = "auto",
) -> None:
    """Take quarantined records through normalisation once more, after a mapping was mended, in a run like any other."""
    from cdp_spark import pipeline
    from cdp_spark.contracts.quarantined import Chosen
    from cdp_spark.reports.summary import print_summary

    print_summary(pipeline.redrive_from_arguments(config, Chosen(source, stream, reason), as_of, log), log)


@app.command()
def record(
    record_id: Annotated[str, typer.Argument(help="A record id, as findings and quarantine name it")],
    config: ConfigOption = _DEFAULT,
    show: Annotated[bool, typer.Option("--show", help="Show personal data in clear")] = False,
) -> None:
    """Show a record as it arrived: from where, what was made of it, what was wrong with it."""
    from cdp_spark import opening
    from cdp_spark.reports.record import record_view
    from cdp_spark.reports.terminal_records import record_table

    settings, _, published = opening.reader(config)
    Console().print(record_table(record_view(published, settings, record_id), settings, in_clear=show))


@app.command()
def person(
    identifier: Annotated[str, typer.Argument(help="Any identifier or person id; also namespace:value")],
    config: ConfigOption = _DEFAULT,
    show: Annotated[bool, typer.Option("--show", help="Show personal data in clear")] = False,
) -> None:
    """Show one person: profile, identifiers, what links them, audiences, visits."""
    from cdp_spark import opening
    from cdp_spark.reports.person import person_view
    from cdp_spark.reports.terminal import person_tables

    settings, _, published = opening.reader(config)
    Console().print(person_tables(person_view(published, settings, identifier), in_clear=show))


@app.command()
def audience(
    name: Annotated[str, typer.Argument(help="Name of an audience")],
    identifier: Annotated[str, typer.Argument(help="Any identifier or person id; also namespace:value")],
    config: ConfigOption = _DEFAULT,
    show: Annotated[bool, typer.Option("--show", help="Show personal data in clear")] = False,
) -> None:
    """Show why a person is, or is not, in an audience: each part of its condition, and what was found."""
    from cdp_spark import opening
    from cdp_spark.audiences.explanation import explained
    from cdp_spark.audiences.terminal import explained_membership
    from cdp_spark.reports.person import person_id_of
    from cdp_spark.runtime.ledger import publication_time

    settings, tables, published = opening.browser(config)
    person_id = person_id_of(published, identifier)
    found = explained(published, publication_time(tables), settings, name, person_id)
    Console().print(explained_membership(found, in_clear=show))


@app.command()
def quality(
    config: ConfigOption = _DEFAULT,
    source: Annotated[str | None, typer.Option(help="Only this source")] = None,
) -> None:
    """Show what each source's data is worth, what is wrong with it and what to do."""
    from cdp_spark import opening
    from cdp_spark.reports.scorecard import scorecard
    from cdp_spark.reports.terminal import scorecard_tables

    settings, _, published = opening.reader(config)
    Console().print(scorecard_tables(scorecard(published, settings, source)))


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT over published tables, e.g. gold.profiles")],
    config: ConfigOption = _DEFAULT,
    limit: Annotated[int, typer.Option(help="Rows to show at the most", min=1)] = 50,
) -> None:
    """Query the published tables, read-only; cdp_email, cdp_phone and the other normalisers are functions there."""
    from cdp_spark import opening
    from cdp_spark.contracts.warehouse import all_contracts
    from cdp_spark.normalize.functions import register_named
    from cdp_spark.reports.terminal import rows_table
    from cdp_spark.runtime.query import as_texts, query_result
    from cdp_spark.runtime.terminal import wide_console

    settings, spark, published = opening.reader(config)
    register_named(spark, query)
    result = query_result(spark, published, all_contracts(settings), query)
    rows = [tuple(r) for r in as_texts(result.limit(limit + 1)).collect()]
    has_times = any(kind.startswith("timestamp") for _, kind in result.dtypes)
    wide_console().print(rows_table(result.columns, rows[:limit], more=len(rows) > limit, has_times=has_times))


@app.command()
def doctor(
    session: Annotated[bool, typer.Option(help="Also open a session and write and read a table")] = True,
) -> None:
    """Check Java, packages, jars, memory and disk, and say what to do about what is wrong."""
    from cdp_spark.reports.terminal import doctor_table
    from cdp_spark.runtime.doctor import checks

    found = checks(session=session)
    Console().print(doctor_table(found))
    if any(c.status == "fail" for c in found):
        raise typer.Exit(2)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to write the configuration")] = Path(),
    name: Annotated[str, typer.Option(help="Short name of the company")] = "my_company",
) -> None:
    """Write a starting configuration that runs, with an example source."""
    from cdp_spark.config import load_config
    from cdp_spark.config.starting import write_starting_configuration
    from cdp_spark.runtime.clock import SystemClock

    written = write_starting_configuration(folder, name, SystemClock().now().date())
    taken = load_config(folder / "conf").project
    Console().print(
        f"wrote {len(written)} files below {folder}; put raw files into data/landing, then: cdp run\n"
        f"taken for granted: country {taken.country}, currency {taken.currency}, time zone {taken.timezone};"
        f" {folder / 'conf' / 'cdp.yml'} says so"
    )


@app.command()
def presets(name: Annotated[str | None, typer.Argument(help="A preset, to print it whole")] = None) -> None:
    """List the ready mappings that a source may name, and what each expects; or print one, to see what it makes of records."""
    from cdp_spark.config.presets import preset, preset_names, preset_text
    from cdp_spark.reports.terminal import presets_table

    if name is not None:
        print(preset_text(name))  # plain text for a file
        return
    Console().print(presets_table([preset(name) for name in preset_names()]))


@app.command()
def simulate(  # one parameter an option
    folder: Annotated[Path, typer.Argument(help="Where to write landing/ and truth/")],
    people: Annotated[int, typer.Option(help="Persons", min=1)] = 20_000,
    days: Annotated[int, typer.Option(help="Days of history", min=1)] = 90,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes")] = 7,
    clean: Annotated[bool, typer.Option("--clean", help="The same company with nothing wrong in its data")] = False,
    extend: Annotated[int, typer.Option(help="Add so many days after the history, and leave it as it is", min=0)] = 0,
) -> None:
    """Write the demo company's raw files, and the truth about who is who beside them."""
    from cdp_spark.simulate import Company, write_company, write_days_after

    company = Company(people=people, days=days, seed=seed, clean=clean)
    places = (folder / "landing", folder / "truth")
    written = write_days_after(company, *places, days=extend) if extend else (write_company(company, *places),)
    files, rows = sum(len(w.files) for w in written), sum(w.rows for w in written)
    Console().print(f"wrote {files} files with {rows:,} records below {folder}")


@identity_app.command("train")
def identity_train(  # noqa: PLR0913  # one parameter an option
    config: ConfigOption = _DEFAULT,
    model: Annotated[
        Path | None, typer.Option(help="Take over this model, trained here or exported by Splink, instead of training")
    ] = None,
    records: Annotated[
        Path | None, typer.Option(help="Match the records of this CSV or Parquet file instead of the customers")
    ] = None,
    id_column: Annotated[str, typer.Option("--id", help="With --records: the column of the record ids")] = "id",
    kind: Annotated[list[str] | None, typer.Option(help="With --records: column=kind; once a column")] = None,
    clean: Annotated[
        list[str] | None, typer.Option(help="With --records: a value of column `source` that holds each person once")
    ] = None,
    out: Annotated[Path, typer.Option(help="With --records: where model, card and clusters go")] = Path("matching"),
) -> None:
    """Learn, without labels, how records of one person agree, for the matching of identity.yml."""
    from cdp_spark import identity_actions

    if records:
        training = identity_actions.train_matching_on_file(records, id_column, kind or [], out, clean or [], model)
    else:
        training = identity_actions.train_matching(config, model)
    print(f"model {training.model.version} of {training.model.n_records:,} records; wrote:")
    for path in training.files:
        print(f"  {path}")


@app.command()
def accuracy(
    truth: Annotated[Path, typer.Option(help="The folder with the simulated company's truth")] = Path("data/truth"),
    config: ConfigOption = _DEFAULT,
) -> None:
    """Hold the published persons against the truth of a simulated company: scores, and mistakes by cause."""
    from cdp_spark import opening
    from cdp_spark.simulate.accuracy import accuracy as measured

    _, _, published = opening.reader(config)
    print("\n".join(measured(published, truth).lines()))  # plain text, to keep and compare


@config_app.command("check")
def config_check(config: ConfigOption = _DEFAULT) -> None:
    """Read the whole configuration and name every problem."""
    from cdp_spark.config import load_config

    loaded = load_config(config)
    Console().print(
        f"{loaded.project.name}: {len(loaded.sources)} sources, {len(loaded.traits.traits)} traits, "
        f"{len(loaded.audiences)} audiences, {len(loaded.destinations)} destinations; no problem found"
    )


@config_app.command("show")
def config_show(
    source: Annotated[str, typer.Argument(help="Name of a source")], config: ConfigOption = _DEFAULT
) -> None:
    """Print a source as it is used: its preset with what its file changes."""
    from cdp_spark.config import load_config
    from cdp_spark.config.presets import source_text

    print(source_text(load_config(config).sources, source))  # plain text for a file


@config_app.command("schema")
def config_schema(out: Annotated[Path, typer.Option(help="Folder to write to")] = Path("conf/schemas")) -> None:
    """Write the JSON Schemas of every configuration file, for editors."""
    from cdp_spark.config.schemas import write_schemas

    Console().print(f"wrote {len(write_schemas(out))} schemas to {out}")


@config_app.command("tables")
def config_tables(config: ConfigOption = _DEFAULT) -> None:
    """Print the reference of every table: columns, which of them are required, meaning, personal data."""
    from cdp_spark.config import load_config
    from cdp_spark.contracts.reference import reference_text
    from cdp_spark.contracts.warehouse import all_contracts

    print(reference_text(all_contracts(load_config(config))))  # plain text for a file


@app.command()
def version() -> None:
    """Print the version."""
    Console().print(__version__)


def main() -> None:
    """Runs the command. A CdpError becomes one line and its exit code; nobody is shown a stack trace."""
    sys.exit(exit_code_of(lambda: app(standalone_mode=False)))


if __name__ == "__main__":
    main()
