"""Ops: what runs did, what belongs together, what was taken and what was sent."""

from cdp_spark.contracts.table import Column, Pii, TableContract

RUNS = TableContract(
    name="ops.runs",
    about="One row a state of a run: started, then succeeded or failed.",
    columns=(
        Column("run_id", "STRING", "The run.", required=True),
        Column("state", "STRING", "started, succeeded or failed.", required=True),
        Column("sequence", "BIGINT", "Rises by one with every run.", required=True),
        Column("at", "TIMESTAMP", "When the run came to that state.", required=True),
        Column("as_of", "TIMESTAMP", "The run's time: what happened later does not count.", required=True),
        Column("config_version", "STRING", "Hash of the whole configuration.", required=True),
        Column("error_code", "STRING", "Code of the error that ended it."),
        Column("seconds", "DOUBLE", "Wall seconds so far."),
    ),
    key=("run_id", "state"),
)

STEPS = TableContract(
    name="ops.steps",
    about="A step of a run: what it read and wrote, and how many rows went where.",
    columns=(
        Column("run_id", "STRING", "The run.", required=True),
        Column("sequence", "BIGINT", "The run's sequence.", required=True),
        Column("step", "STRING", "The step, e.g. normalize.", required=True),
        Column("outcome", "STRING", "done, unchanged (nothing new to do) or failed.", required=True),
        Column(
            "fingerprint",
            "STRING",
            "Hash of inputs' versions, configuration, code version and, where it counts, as_of.",
        ),
        Column("inputs", "MAP<STRING, BIGINT>", "Table → version read."),
        Column("outputs", "MAP<STRING, BIGINT>", "Table → version after the step."),
        Column("rows_in", "BIGINT", "Records taken in."),
        Column("rows_kept", "BIGINT", "Records kept."),
        Column("rows_duplicate", "BIGINT", "Records that were already there."),
        Column("rows_quarantined", "BIGINT", "Records put into quarantine."),
        Column("rows_suppressed", "BIGINT", "Records kept out for an erased person, or withheld for want of consent."),
        Column("rows_changed", "BIGINT", "Rows inserted, updated or deleted in the step's tables."),
        Column("details", "MAP<STRING, BIGINT>", "Further counts by name."),
        Column("seconds", "DOUBLE", "Wall seconds."),
        Column("as_of", "TIMESTAMP", "The time that the step's result holds for."),
        Column("rules", "STRING", "Hash of the configuration that the step follows, and of the code."),
    ),
    key=("run_id", "step"),
)

PUBLICATIONS = TableContract(
    name="ops.publications",
    about="Which version of every table belongs together.",
    columns=(
        Column("publication_id", "BIGINT", "Rises with every publication; equals the run's sequence.", required=True),
        Column("run_id", "STRING", "The run that published.", required=True),
        Column("as_of", "TIMESTAMP", "The run's time.", required=True),
        Column("published_at", "TIMESTAMP", "When.", required=True),
        Column("tables", "MAP<STRING, BIGINT>", "Table → version.", required=True),
    ),
    key=("publication_id",),
)

LANDINGS = TableContract(
    name="ops.landings",
    about="What has been taken; one row a file version, or a stretch of a topic's partition or a table, and state.",
    columns=(
        Column("landing_id", "BIGINT", "The landing.", required=True),
        Column("source", "STRING", "The source.", required=True),
        Column("stream", "STRING", "The source's stream.", required=True),
        Column("path", "STRING", "The file, relative to the landing root; topic/partition; the table.", required=True),
        Column("size", "BIGINT", "A file's bytes."),
        Column("mtime", "TIMESTAMP", "A file's modification time."),
        Column("state", "STRING", "planned, landed, truncated, empty, ignored.", required=True),
        Column("reason", "STRING", "new, rewritten, …"),
        Column("rows", "BIGINT", "Records landed from it."),
        Column("at", "TIMESTAMP", "When.", required=True),
        Column("begins", "STRING", "Position it was taken from: Kafka offset, cursor (times in µs), table version."),
        Column("ends", "STRING", "Position to go on from; known of a table with a cursor once it has landed."),
    ),
    key=("landing_id", "source", "stream", "path", "state"),
)

REDRIVES = TableContract(
    name="ops.redrives",
    about="What was asked of quarantined records: to go through normalisation again, or to be set aside; NULL names all.",
    columns=(
        Column("sequence", "BIGINT", "The sequence of the run that was asked.", required=True),
        Column("run_id", "STRING", "That run.", required=True),
        Column("source", "STRING", "Only records of this source."),
        Column("stream", "STRING", "Only records of this stream."),
        Column("reason", "STRING", "Only records with this reason, or reasons of this kind."),
        Column("asked_at", "TIMESTAMP", "When.", required=True),
        Column("everything", "BOOLEAN", "Whether not only quarantined records go again, but all that ever landed."),
        Column("record_id", "STRING", "Only this record."),
        Column("discard", "BOOLEAN", "Whether they leave quarantine unused instead."),
    ),
    key=("sequence",),
)

MAPPINGS = TableContract(
    name="ops.mappings",
    about="Which mapping made the rows of a stream, from which landing on.",
    columns=(
        Column("source", "STRING", "The source.", required=True),
        Column("stream", "STRING", "The source's stream.", required=True),
        Column("first_landing", "BIGINT", "It made the rows of this landing and later ones.", required=True),
        Column("mapping_version", "STRING", "Hash of the stream's configuration.", required=True),
    ),
    key=("source", "stream", "first_landing"),
)

_PAYLOAD = "MAP<STRING, ARRAY<STRING>>"

OUTBOX = TableContract(
    name="ops.outbox",
    about="What a sync of a run sends: differences to what the destination holds.",
    columns=(
        Column("run_id", "STRING", "The run.", required=True),
        Column("sync_id", "STRING", "The sync: destination and audience.", required=True),
        Column(
            "op_id",
            "STRING",
            "Hash of sync, person, operation and payloads: the same plan gives the same id.",
            required=True,
        ),
        Column("person_id", "STRING", "The person.", required=True),
        Column("op", "STRING", "add, update or remove.", required=True),
        Column("reason", "STRING", "For a remove: left_audience, suppressed or no_consent."),
        Column("payload", _PAYLOAD, "Field → values to add, as sent.", Pii.DIRECT),
        Column("removed_payload", _PAYLOAD, "Field → values to take back, as they were sent.", Pii.DIRECT),
    ),
    key=("run_id", "op_id"),
)

ACKNOWLEDGED = TableContract(
    name="ops.acknowledged",
    about="What a destination holds, exactly as it was sent.",
    columns=(
        Column("sync_id", "STRING", "The sync.", required=True),
        Column("person_id", "STRING", "The person.", required=True),
        Column("payload", _PAYLOAD, "Field → values, as sent.", Pii.DIRECT),
        Column("consent_event_ids", "ARRAY<STRING>", "The consent events that allowed it, sorted."),
    ),
    key=("sync_id", "person_id"),
)

QUALITY = TableContract(
    name="ops.quality",
    about="What was measured about the data: counts by source, stream, subject and landing.",
    columns=(
        Column(
            "measure",
            "STRING",
            "A kind of ops.findings, or volume, landed, values, field, … to compare with.",
            required=True,
        ),
        Column("source", "STRING", "The source; empty for the whole company.", required=True),
        Column("stream", "STRING", "The source's stream; empty where it is about none.", required=True),
        Column(
            "subject", "STRING", "Event, field, namespace or rule that it is about; empty where none.", required=True
        ),
        Column(
            "part", "STRING", "The silver table, the day (volume) or the type (field) that was counted.", required=True
        ),
        Column(
            "landing_id",
            "BIGINT",
            "The landing that brought the rows; the newest, for tables seen whole; 0 for orders by day.",
            required=True,
        ),
        Column("n", "BIGINT", "How many.", required=True),
        Column("people", "BINARY", "Bitmap of hashed identifiers, from which persons are estimated; names nobody."),
        Column("examples", "ARRAY<STRING>", "Record ids or masked forms, at most two."),
        Column("latest", "TIMESTAMP", "The newest time among the counted rows."),
    ),
    key=("measure", "source", "stream", "subject", "part", "landing_id"),
    keep_days=730,
)

FINDINGS = TableContract(
    name="ops.findings",
    about="What is wrong with the data now, in words that can be acted on.",
    columns=(
        Column("finding_id", "STRING", "kind:source:stream:subject.", required=True),
        Column("kind", "STRING", "What is wrong, e.g. malformed_email.", required=True),
        Column("severity", "STRING", "info, warn or error.", required=True),
        Column("source", "STRING", "The source; empty for the whole company.", required=True),
        Column("stream", "STRING", "The source's stream; empty where it is about none.", required=True),
        Column(
            "subject", "STRING", "Event, field, namespace or rule that it is about; empty where none.", required=True
        ),
        Column("affected", "BIGINT", "How many rows, addresses or days.", required=True),
        Column("of", "BIGINT", "Of how many; NULL where there is no whole."),
        Column("share", "DOUBLE", "affected / of."),
        Column("persons", "BIGINT", "Persons affected, estimated by distinct identifiers; NULL where unknown."),
        Column("sentence", "STRING", "What was found, in a sentence.", required=True),
        Column("why", "STRING", "Why it matters.", required=True),
        Column("fix", "STRING", "What to do.", required=True),
        Column("examples", "ARRAY<STRING>", "Record ids or masked forms; no personal data."),
        Column("penalty", "DOUBLE", "Points that it takes from its source's 100.", required=True),
        Column("first_seen", "TIMESTAMP", "as_of of the run that found it first.", required=True),
    ),
    key=("finding_id",),
)

OPS = (RUNS, STEPS, PUBLICATIONS, LANDINGS, REDRIVES, MAPPINGS, QUALITY, FINDINGS, OUTBOX, ACKNOWLEDGED)
