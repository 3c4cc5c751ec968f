"""Identity: identifiers, the evidence that links them, and the persons they make."""

from cdp_spark.contracts.table import Column, Pii, TableContract

BRIDGE_REVIEW = "bridge_review"
"""Links held for this reason are kept; they wait for somebody to look at them."""

NODES = TableContract(
    name="identity.nodes",
    about="One identifier value.",
    columns=(
        Column("node_id", "BIGINT", "63-bit keyed hash of namespace and value.", required=True),
        Column("namespace", "STRING", "Namespace.", required=True),
        Column("value", "STRING", "Normalised value.", Pii.DIRECT, required=True),
        Column("priority", "INT", "Rank of the namespace; 0 is strongest, an unknown one comes last."),
        Column("status", "STRING", "active, shared, generic, blocked or erased.", required=True),
        Column(
            "status_reason",
            "STRING",
            "Why it is not active: placeholder, configured, decision, different_people, or the namespace of which it met too many.",
        ),
        Column("n_records", "BIGINT", "Records it was seen on."),
        Column("first_seen", "TIMESTAMP", "Event time of the first record."),
        Column("last_seen", "TIMESTAMP", "Event time of the last record."),
    ),
    key=("node_id",),
)

LINKS = TableContract(
    name="identity.links",
    about="An edge between two active identifiers and the rule that drew it.",
    columns=(
        Column("link_id", "BIGINT", "63-bit hash of src, dst and rule.", required=True),
        Column("src", "BIGINT", "The smaller node id.", required=True),
        Column("dst", "BIGINT", "The larger node id.", required=True),
        Column("rule", "STRING", "The rule, e.g. same_record.", required=True),
        Column(
            "tier",
            "INT",
            "0 manual, 1 authenticated, 2 deterministic, 3 device, 4 probabilistic or by a link that can be forwarded.",
        ),
        Column("weight", "DOUBLE", "Strength within the tier."),
        Column("n_obs", "BIGINT", "Records that show it."),
        Column("first_seen", "TIMESTAMP", "Event time of the first record."),
        Column("last_seen", "TIMESTAMP", "Event time of the last record."),
        Column("sources", "ARRAY<STRING>", "Sources that show it, sorted."),
        Column("example_record_id", "STRING", "The smallest record id that shows it."),
    ),
    key=("link_id",),
)

HELD_LINKS = TableContract(
    name="identity.held_links",
    about="A link that was refused and why.",
    columns=(
        Column("link_id", "BIGINT", "The link.", required=True),
        Column("src", "BIGINT", "The smaller node id.", required=True),
        Column("dst", "BIGINT", "The larger node id.", required=True),
        Column("rule", "STRING", "The rule that drew it.", required=True),
        Column(
            "reason",
            "STRING",
            "shared_identifier, generic_identifier, blocked_identifier, crowded_record, namespace_limit, different_people, followed_link, "
            "must_not_link or bridge; bridge_review marks a link that is kept until somebody decides.",
            required=True,
        ),
        Column("raw_component", "BIGINT", "The component it lies in; NULL where it was refused before."),
    ),
    key=("link_id",),
)

MEMBERSHIPS = TableContract(
    name="identity.memberships",
    about="Which person an identifier belonged to, from when to when.",
    columns=(
        Column("node_id", "BIGINT", "The identifier.", required=True),
        Column("valid_from", "TIMESTAMP", "as_of of the run that put it there.", required=True),
        Column("valid_to", "TIMESTAMP", "as_of of the run that moved it; NULL while it holds."),
        Column("person_id", "STRING", "The person.", required=True),
        Column("raw_component", "BIGINT", "The component before splitting.", required=True),
        Column("is_current", "BOOLEAN", "valid_to is NULL.", required=True),
    ),
    key=("node_id", "valid_from"),
)

HOUSEHOLD_MEMBERSHIPS = TableContract(
    name="identity.household_memberships",
    about="Who shares an identifier without being one person: the household of a person's identifier, from when to when.",
    columns=(
        Column("node_id", "BIGINT", "The identifier that met what the household shares.", required=True),
        Column("valid_from", "TIMESTAMP", "as_of of the run that put it there.", required=True),
        Column("valid_to", "TIMESTAMP", "as_of of the run that moved it; NULL while it holds."),
        Column("household_id", "STRING", "The household, named after its smallest identifier.", required=True),
        Column("basis", "ARRAY<STRING>", "Namespaces of what is shared, sorted.", required=True),
        Column("is_current", "BOOLEAN", "valid_to is NULL.", required=True),
    ),
    key=("node_id", "valid_from"),
)

DEVICE_SLICES = TableContract(
    name="identity.device_slices",
    about="Whose a shared device was, from when to when; empty where shared devices are nobody's.",
    columns=(
        Column("node_id", "BIGINT", "The device.", required=True),
        Column("valid_from", "TIMESTAMP", "Event time of a record on it that names the person.", required=True),
        Column("valid_to", "TIMESTAMP", "Event time of the next record that names another; NULL while it holds."),
        Column("person_id", "STRING", "The person.", required=True),
    ),
    key=("node_id", "valid_from"),
)

PERSONS = TableContract(
    name="identity.persons",
    about="A person id: alive, merged into another, left without identifiers, erased.",
    columns=(
        Column("person_id", "STRING", "Opaque, minted once, never reused.", required=True),
        Column("status", "STRING", "active, merged, retired (no identifier left) or erased.", required=True),
        Column("created_at", "TIMESTAMP", "as_of of the run that minted it.", required=True),
        Column(
            "anchor_node",
            "BIGINT",
            "Best member by namespace priority and hash; frozen when the id retires.",
            required=True,
        ),
        Column("minted_for", "BIGINT", "The anchor it was minted for.", required=True),
        Column("merged_into", "STRING", "The survivor of a merge."),
        Column("split_from", "STRING", "The person it was split from."),
        Column("n_nodes", "BIGINT", "Identifiers."),
        Column("n_strong", "BIGINT", "Identifiers that name a person."),
    ),
    key=("person_id",),
)

REDIRECTS = TableContract(
    name="identity.redirects",
    about="From any person id that ever was to the one that is now.",
    columns=(
        Column("old_person_id", "STRING", "The retired id.", required=True),
        Column("person_id", "STRING", "The active person; NULL when nobody holds its identifiers."),
        Column("reason", "STRING", "merged, retired or erased: how the old id ended.", required=True),
        Column("since", "TIMESTAMP", "as_of of the run that set the target.", required=True),
    ),
    key=("old_person_id",),
)

IDENTITY_LOG = TableContract(
    name="identity.log",
    about="What happened to persons and what caused it.",
    columns=(
        Column("log_id", "STRING", "Hash of operation and person; each happens once to a person.", required=True),
        Column("run_id", "STRING", "The run.", required=True),
        Column("at", "TIMESTAMP", "as_of of the run.", required=True),
        Column("operation", "STRING", "merged, split_from, retired or erased.", required=True),
        Column("person_id", "STRING", "The person.", required=True),
        Column("other_person_id", "STRING", "Survivor of a merge, origin of a split."),
    ),
    key=("log_id",),
)

MODELS = TableContract(
    name="identity.models",
    about="A trained matching model and its card.",
    columns=(
        Column("model_version", "STRING", "Hash of the model.", required=True),
        Column("trained_at", "TIMESTAMP", "When it was trained or imported; the newest is used.", required=True),
        Column("n_records", "BIGINT", "Records it was trained on."),
        Column("matches", "DOUBLE", "Share of all pairs of records that are one person."),
        Column("kinds", "MAP<STRING, STRING>", "Column → kind."),
        Column(
            "model", "STRING", "The model as JSON: levels with m and u, aliases, blocking.", Pii.QUASI, required=True
        ),
        Column("card", "STRING", "The model for people to read, as Markdown.", Pii.QUASI),
    ),
    key=("model_version",),
)

DECISIONS = TableContract(
    name="identity.decisions",
    about="What a human decided about identifiers; holds in every later run until revoked. No row is ever deleted.",
    columns=(
        Column("decision_id", "STRING", "Hash of what was decided, and when.", required=True),
        Column("kind", "STRING", "must_link, must_not_link, block_value or unblock_value.", required=True),
        Column("a_node", "BIGINT", "The identifier; of a pair the smaller node id.", required=True),
        Column("b_node", "BIGINT", "The pair's larger node id; NULL where one value is meant."),
        Column("actor", "STRING", "Who decided.", Pii.QUASI, required=True),
        Column("reason", "STRING", "Why, in the actor's words.", Pii.QUASI, required=True),
        Column("created_at", "TIMESTAMP", "When it was decided.", required=True),
        Column("revoked_at", "TIMESTAMP", "When it was revoked; NULL while it holds."),
        Column("revoked_by", "STRING", "Who revoked it.", Pii.QUASI),
    ),
    key=("decision_id",),
    change_feed=True,
)

IDENTITY = (
    NODES,
    LINKS,
    HELD_LINKS,
    MEMBERSHIPS,
    HOUSEHOLD_MEMBERSHIPS,
    DEVICE_SLICES,
    PERSONS,
    REDIRECTS,
    IDENTITY_LOG,
)
