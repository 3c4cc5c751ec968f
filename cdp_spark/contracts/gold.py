"""Gold: what is known and decided about a person."""

from cdp_spark.contracts.table import Column, Pii, TableContract

_PERSON = Column("person_id", "STRING", "The person.", required=True)

PROFILES = TableContract(
    name="gold.profiles",
    about="The golden record: one row a person, each field with its source.",
    columns=(
        _PERSON,
        Column("is_anonymous", "BOOLEAN", "No identifier that names a person.", required=True),
        Column("email", "STRING", "Preferred e-mail.", Pii.DIRECT),
        Column("phone", "STRING", "Preferred phone.", Pii.DIRECT),
        Column("first_name", "STRING", "Given name.", Pii.DIRECT),
        Column("last_name", "STRING", "Family name.", Pii.DIRECT),
        Column("birth_date", "DATE", "Date of birth.", Pii.DIRECT),
        Column("gender", "STRING", "Gender as stated.", Pii.QUASI),
        Column("language", "STRING", "Language or locale.", Pii.QUASI),
        Column("company", "STRING", "Company.", Pii.QUASI),
        Column("street", "STRING", "Street and number.", Pii.DIRECT),
        Column("city", "STRING", "City.", Pii.QUASI),
        Column("region", "STRING", "State or region.", Pii.QUASI),
        Column("postcode", "STRING", "Postcode.", Pii.QUASI),
        Column("country", "STRING", "ISO 3166 alpha-2 code.", Pii.QUASI),
        Column(
            "provenance",
            "MAP<STRING, STRUCT<source: STRING, record_id: STRING, observed_at: TIMESTAMP, rule: STRING, candidates: INT>>",
            "For each field that has a value: where it came from and what chose it.",
        ),
        Column("n_identifiers", "BIGINT", "Identifiers of the person."),
        Column("sources", "ARRAY<STRING>", "Sources that know the person, sorted."),
        Column("first_seen", "TIMESTAMP", "First event time."),
        Column("last_seen", "TIMESTAMP", "Last event time."),
    ),
    key=("person_id",),
)

CONTACT_POINTS = TableContract(
    name="gold.contact_points",
    about="An address, number or device of a person, with its consent.",
    columns=(
        _PERSON,
        Column("namespace", "STRING", "email, phone, device_id, …", required=True),
        Column("value", "STRING", "Normalised value.", Pii.DIRECT, required=True),
        Column("is_preferred", "BOOLEAN", "The profile shows this one."),
        Column("consent", "MAP<STRING, STRING>", "Purpose → status as of the run; a purpose without record is absent."),
        Column("first_seen", "TIMESTAMP", "First event time."),
        Column("last_seen", "TIMESTAMP", "Last event time."),
    ),
    key=("person_id", "namespace", "value"),
)

SESSIONS = TableContract(
    name="gold.sessions",
    about="A visit of a device, web or app.",
    columns=(
        Column("session_id", "STRING", "Hash of source, device and first message.", required=True),
        Column("source", "STRING", "The source.", required=True),
        Column("device_namespace", "STRING", "anonymous_id, or user_id where the device has none.", required=True),
        Column("device_id", "STRING", "The device's identifier.", Pii.QUASI, required=True),
        Column("person_id", "STRING", "The person the device belongs to in this publication."),
        Column("session_hint", "STRING", "The source's own session id.", Pii.QUASI),
        Column("started_at", "TIMESTAMP", "Event time of the first event.", required=True),
        Column("ended_at", "TIMESTAMP", "Event time of the last event.", required=True),
        Column("events", "BIGINT", "Events."),
        Column("page_views", "BIGINT", "Distinct page or screen views."),
        Column("is_visit", "BOOLEAN", "Shows a page or screen view; a session of other events only is no touch."),
        Column("user_id", "STRING", "Last login id seen in the session.", Pii.QUASI),
        Column("landing_url", "STRING", "First page.", Pii.QUASI),
        Column("exit_url", "STRING", "Last page.", Pii.QUASI),
        Column("referrer", "STRING", "Referrer of the first page view.", Pii.QUASI),
        Column("utm_source", "STRING", "Campaign source at the start.", Pii.QUASI),
        Column("utm_medium", "STRING", "Campaign medium at the start.", Pii.QUASI),
        Column("utm_campaign", "STRING", "Campaign at the start.", Pii.QUASI),
        Column("utm_term", "STRING", "Campaign term at the start.", Pii.QUASI),
        Column("utm_content", "STRING", "Campaign content at the start.", Pii.QUASI),
        Column("click_id_kind", "STRING", "Click id parameter at the start."),
        Column("channel", "STRING", "Marketing channel by the first rule that matches.", required=True),
    ),
    key=("session_id",),
)

TOUCHPOINTS = TableContract(
    name="gold.touchpoints",
    about="A marketing contact on a person's path.",
    columns=(
        Column(
            "touchpoint_id",
            "STRING",
            "Hash of kind and origin: the session of a visit, the message of an event.",
            required=True,
        ),
        Column("person_id", "STRING", "The person; NULL while nobody is known for the device."),
        Column("touch_type", "STRING", "visit, click, open, send or view.", required=True),
        Column("occurred_at", "TIMESTAMP", "Event time.", required=True),
        Column("channel", "STRING", "Marketing channel.", required=True),
        Column("campaign", "STRING", "Campaign.", Pii.QUASI),
        Column("session_id", "STRING", "The session, for a visit."),
        Column("message_id", "STRING", "The event, for any other touch.", Pii.QUASI),
    ),
    key=("touchpoint_id",),
)

ATTRIBUTION = TableContract(
    name="gold.attribution",
    about="Credit of a conversion given to a touchpoint, by model.",
    columns=(
        Column("model", "STRING", "last_touch, …", required=True),
        Column("conversion_id", "STRING", "Hash of definition, source and order.", required=True),
        Column("touch_index", "INT", "Position on the path, from 1; 0 where there was no touch.", required=True),
        Column("person_id", "STRING", "The person; NULL for an order nobody is known for."),
        Column("source", "STRING", "Source of the order.", required=True),
        Column("order_id", "STRING", "The order.", required=True),
        Column("converted_at", "TIMESTAMP", "When.", required=True),
        Column("touchpoint_id", "STRING", "The touch; NULL for channel (none)."),
        Column("channel", "STRING", "Channel credited; (none) where no touch lies in the window.", required=True),
        Column("campaign", "STRING", "Campaign credited.", Pii.QUASI),
        Column("touch_at", "TIMESTAMP", "When the touch was."),
        Column("conversions", "DECIMAL(18,9)", "Credited conversions.", required=True),
        Column("value", "DECIMAL(18,4)", "Credited revenue."),
        Column("currency", "STRING", "Currency of value."),
    ),
    key=("model", "conversion_id", "touch_index"),
)

AUDIENCE_MEMBERS = TableContract(
    name="gold.audience_members",
    about="Who is in an audience, since when, why.",
    columns=(
        Column("audience", "STRING", "The audience.", required=True),
        _PERSON,
        Column(
            "entered_at",
            "TIMESTAMP",
            "as_of of the run that found the condition true; later runs leave it.",
            required=True,
        ),
        Column(
            "definition_version", "STRING", "Hash of the canonical condition tree and all it refers to.", required=True
        ),
        Column(
            "evidence",
            "MAP<STRING, STRING>",
            "Leaves that held on entering, or when the definition last changed → trait value, count or true.",
            Pii.QUASI,
        ),
    ),
    key=("audience", "person_id"),
)

AUDIENCE_CHANGES = TableContract(
    name="gold.audience_changes",
    about="Entered and exited, with the reason.",
    columns=(
        Column("audience", "STRING", "The audience.", required=True),
        _PERSON,
        Column("run_id", "STRING", "The run.", required=True),
        Column("sequence", "BIGINT", "The run's sequence; replaying the log goes by it.", required=True),
        Column("changed_at", "TIMESTAMP", "as_of of the run.", required=True),
        Column("change", "STRING", "entered or exited.", required=True),
        Column(
            "reason",
            "STRING",
            "condition, definition_changed, audience_added, audience_removed, identity_merge or identity_ended.",
            required=True,
        ),
        Column("leaves", "ARRAY<STRING>", "Leaves that hold (entered), or turned since entering (exited); sorted."),
        Column("evidence", "MAP<STRING, STRING>", "Leaves that hold → trait value, count or true.", Pii.QUASI),
        Column("survivor_id", "STRING", "For identity_merge of an absorbed id: the person it became part of."),
        Column(
            "definition_version", "STRING", "Version of the definition; of a removed audience its last.", required=True
        ),
    ),
    key=("audience", "person_id", "run_id"),
)


def traits_contract(columns: tuple[Column, ...]) -> TableContract:
    """The contract of ``gold.traits``: one column a trait that the configuration defines."""
    return TableContract(
        name="gold.traits", about="Computed traits, one row a person.", columns=(_PERSON, *columns), key=("person_id",)
    )


GOLD = (
    PROFILES,
    CONTACT_POINTS,
    SESSIONS,
    TOUCHPOINTS,
    ATTRIBUTION,
    AUDIENCE_MEMBERS,
    AUDIENCE_CHANGES,
)
