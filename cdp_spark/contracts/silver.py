"""Silver: what the sources say, in one shape per kind of fact."""

from cdp_spark.contracts.table import Column, Pii, TableContract

IDENTIFIER_ARRAY = "ARRAY<STRUCT<namespace: STRING, value: STRING>>"

_PROVENANCE = (
    Column("record_id", "STRING", "The arrival this row was made from.", required=True),
    Column("source", "STRING", "The source.", required=True),
    Column("stream", "STRING", "The source's stream.", required=True),
)
_IDENTIFIERS = Column("identifiers", IDENTIFIER_ARRAY, "Normalised identifiers seen on the record.", Pii.DIRECT)
_WARNINGS = Column("warnings", "ARRAY<STRING>", "Defects that did not keep the record out, e.g. unreadable:price.")
_LANDING = Column("landing_id", "BIGINT", "The landing that brought the record.", required=True)

EVENTS = TableContract(
    name="silver.events",
    about="Something a person did, in any channel.",
    columns=(
        Column("message_id", "STRING", "Names the fact; one row a message for ever.", Pii.QUASI, required=True),
        *_PROVENANCE,
        Column("channel", "STRING", "Where it happened: web, app, email, store, social, …"),
        Column("type", "STRING", "Kind of call: track, page, screen, identify, group, alias.", required=True),
        Column("event", "STRING", "What was done, e.g. Product Viewed; the page's or screen's name.", required=True),
        Column("event_ts", "TIMESTAMP", "When it happened, clock repaired.", required=True),
        Column("event_ts_source", "STRING", "Which clock gave event_ts: vendor, repaired, device, received or file."),
        Column("received_ts", "TIMESTAMP", "When the source's server received it."),
        Column("anonymous_id", "STRING", "Cookie or installation id.", Pii.QUASI),
        Column("user_id", "STRING", "Login id.", Pii.QUASI),
        Column("session_hint", "STRING", "The source's own session id.", Pii.QUASI),
        Column("page_view_id", "STRING", "The source's id of the page or screen view.", Pii.QUASI),
        Column("page_url", "STRING", "Full URL.", Pii.QUASI),
        Column("page_title", "STRING", "Title of the page or screen.", Pii.QUASI),
        Column("page_referrer", "STRING", "Referring URL.", Pii.QUASI),
        Column("utm_source", "STRING", "Campaign source.", Pii.QUASI),
        Column("utm_medium", "STRING", "Campaign medium.", Pii.QUASI),
        Column("utm_campaign", "STRING", "Campaign name.", Pii.QUASI),
        Column("utm_term", "STRING", "Campaign term.", Pii.QUASI),
        Column("utm_content", "STRING", "Campaign content.", Pii.QUASI),
        Column("click_id_kind", "STRING", "Name of the click id parameter, e.g. gclid."),
        Column("click_id", "STRING", "Value of the click id parameter.", Pii.QUASI),
        Column("user_agent", "STRING", "User agent.", Pii.QUASI),
        Column("is_bot", "BOOLEAN", "Kept, but left out of sessions."),
        Column("device_class", "STRING", "phone, tablet, desktop, tv or console, by the user agent."),
        Column("os", "STRING", "Family of the operating system, by the user agent."),
        Column("browser", "STRING", "Family of the browser, by the user agent."),
        Column("ip", "STRING", "IP address, as far as cdp.yml lets it be kept: without its last bits.", Pii.QUASI),
        Column("is_internal", "BOOLEAN", "The company's own visit; NULL where nothing tells."),
        Column("properties", "STRING", "The event's own properties as a JSON object.", Pii.DIRECT),
        Column("traits", "STRING", "Traits sent with the event as a JSON object.", Pii.DIRECT),
        _IDENTIFIERS,
        _WARNINGS,
        _LANDING,
        Column("content_hash", "BIGINT", "Hash of what the event says, to tell a repeat from a conflict.", Pii.QUASI),
    ),
    key=("message_id",),
)

CUSTOMERS = TableContract(
    name="silver.customers",
    about="One version of a source's record about a person: CRM contact, loyalty card, account.",
    columns=(
        *_PROVENANCE,
        Column("source_key", "STRING", "The record's key in its source.", Pii.QUASI, required=True),
        Column("valid_from", "TIMESTAMP", "When this version began to hold.", required=True),
        Column("time_quality", "STRING", "timed: valid_from came with the record; landed: it is the file's time."),
        Column("is_deleted", "BOOLEAN", "The source deleted the record with this version."),
        Column("email", "STRING", "E-mail, normalised.", Pii.DIRECT),
        Column("email_verified", "BOOLEAN", "The source verified the e-mail."),
        Column("phone", "STRING", "Phone, E.164.", Pii.DIRECT),
        Column("first_name", "STRING", "Given name.", Pii.DIRECT),
        Column("last_name", "STRING", "Family name.", Pii.DIRECT),
        Column("birth_date", "DATE", "Date of birth.", Pii.DIRECT),
        Column("gender", "STRING", "As the source says.", Pii.QUASI),
        Column("language", "STRING", "Language or locale.", Pii.QUASI),
        Column("company", "STRING", "Company.", Pii.QUASI),
        Column("street", "STRING", "Street and number.", Pii.DIRECT),
        Column("city", "STRING", "City.", Pii.QUASI),
        Column("region", "STRING", "State or region.", Pii.QUASI),
        Column("postcode", "STRING", "Postcode.", Pii.QUASI),
        Column("country", "STRING", "ISO 3166 alpha-2 code.", Pii.QUASI),
        Column(
            "street_key", "STRING", "Street without number, in the form in which spellings are compared.", Pii.DIRECT
        ),
        Column("house_number", "STRING", "House number out of street, with letter and door.", Pii.DIRECT),
        Column("postcode_key", "STRING", "Postcode for comparing.", Pii.QUASI),
        Column("city_key", "STRING", "City for comparing.", Pii.QUASI),
        Column("created_at", "TIMESTAMP", "When the source created the record."),
        Column("traits", "STRING", "Further fields as a JSON object.", Pii.DIRECT),
        _IDENTIFIERS,
        _WARNINGS,
        _LANDING,
    ),
    key=("source", "source_key", "valid_from"),
)

ORDERS = TableContract(
    name="silver.orders",
    about="A purchase or a refund; the newest version of it.",
    columns=(
        *_PROVENANCE,
        Column("order_id", "STRING", "The order's id in its source.", required=True),
        Column("version_ts", "TIMESTAMP", "When this version came to be; a newer one replaces it.", required=True),
        Column("ordered_at", "TIMESTAMP", "When the purchase was made.", required=True),
        Column("channel", "STRING", "Where: web, app, store, …"),
        Column("status", "STRING", "completed, refunded, cancelled, or as the source says, in lower case."),
        Column("currency", "STRING", "ISO 4217 code."),
        Column("revenue", "DECIMAL(18,4)", "After discounts, without shipping and tax; negative for a refund."),
        Column("total", "DECIMAL(18,4)", "What the buyer paid."),
        Column("tax", "DECIMAL(18,4)", "Tax."),
        Column("shipping", "DECIMAL(18,4)", "Shipping."),
        Column("discount", "DECIMAL(18,4)", "Discount."),
        Column("store", "STRING", "Store or register, where there is one."),
        Column("properties", "STRING", "Further fields as a JSON object.", Pii.DIRECT),
        _IDENTIFIERS,
        _WARNINGS,
        _LANDING,
    ),
    key=("source", "order_id"),
)

ORDER_LINES = TableContract(
    name="silver.order_lines",
    about="A line of an order.",
    columns=(
        *_PROVENANCE,
        Column("order_id", "STRING", "The order's id in its source.", required=True),
        Column("line", "STRING", "The line's number or id within the order.", required=True),
        Column("version_ts", "TIMESTAMP", "When this version came to be.", required=True),
        Column("product_id", "STRING", "Product."),
        Column("sku", "STRING", "Stock keeping unit."),
        Column("name", "STRING", "Product name."),
        Column("category", "STRING", "Product category."),
        Column("quantity", "DECIMAL(18,4)", "Pieces; negative for a return."),
        Column("unit_price", "DECIMAL(18,4)", "Price of a piece."),
        Column("total", "DECIMAL(18,4)", "Line total; quantity × unit_price where the source gives none."),
        _WARNINGS,
        _LANDING,
    ),
    key=("source", "order_id", "line"),
)

AD_SPEND = TableContract(
    name="silver.ad_spend",
    about="Cost, impressions and clicks of a campaign on a day; the newest report of it.",
    columns=(
        *_PROVENANCE,
        Column("campaign", "STRING", "The campaign's id, or its name where it has none.", required=True),
        Column("day", "DATE", "The day, in the zone of the advertising account.", required=True),
        Column(
            "version_ts",
            "TIMESTAMP",
            "When this report was made; platforms restate past days, and a newer report replaces an older one.",
            required=True,
        ),
        Column("platform", "STRING", "google_ads, meta_ads, linkedin_ads, …"),
        Column("account", "STRING", "The advertising account."),
        Column("campaign_id", "STRING", "The platform's id of the campaign."),
        Column("campaign_name", "STRING", "The campaign's name."),
        Column("currency", "STRING", "ISO 4217 code."),
        Column("spend", "DECIMAL(18,4)", "Cost in units of the currency.", required=True),
        Column("impressions", "BIGINT", "Times shown."),
        Column("clicks", "BIGINT", "Clicks."),
        Column("utm_source", "STRING", "What visits from the campaign carry as source."),
        Column("utm_medium", "STRING", "The same as medium."),
        Column("utm_campaign", "STRING", "The same as campaign."),
        Column("utm_term", "STRING", "The same as term."),
        Column("utm_content", "STRING", "The same as content."),
        _WARNINGS,
        _LANDING,
    ),
    key=("source", "campaign", "day"),
)

CONSENT_EVENTS = TableContract(
    name="silver.consent_events",
    about="Somebody granted, denied or withdrew a purpose or a channel.",
    columns=(
        Column("consent_event_id", "STRING", "Hash of source, message, purpose and channel.", required=True),
        *_PROVENANCE,
        Column("namespace", "STRING", "Namespace of the contact point, e.g. email.", required=True),
        Column("value", "STRING", "The contact point, normalised.", Pii.DIRECT, required=True),
        Column("purpose", "STRING", "What for, e.g. advertising, analytics, marketing_email.", required=True),
        Column("channel", "STRING", "Channel the decision is about, where it is about one."),
        Column("status", "STRING", "granted, denied, withdrawn, pending or unknown.", required=True),
        Column("method", "STRING", "banner, form, import, agent, double_opt_in_confirm, …; its strength counts."),
        Column("captured_at", "TIMESTAMP", "When the person decided; orders the ledger.", required=True),
        Column("expires_at", "TIMESTAMP", "When the decision ends by itself."),
        Column("proof", "STRING", "The source's evidence as a JSON object.", Pii.DIRECT),
        _LANDING,
    ),
    key=("consent_event_id",),
)

CONSENT_STATE = TableContract(
    name="silver.consent_state",
    about="What holds for a contact point and purpose from when to when.",
    columns=(
        Column("namespace", "STRING", "Namespace of the contact point.", required=True),
        Column("value", "STRING", "The contact point, normalised.", Pii.DIRECT, required=True),
        Column("purpose", "STRING", "Purpose.", required=True),
        Column("valid_from", "TIMESTAMP", "When this decision began to hold.", required=True),
        Column("valid_to", "TIMESTAMP", "When it ended; NULL while it holds."),
        Column("status", "STRING", "granted, denied, withdrawn, pending, unknown or expired.", required=True),
        Column("method", "STRING", "How it was given."),
        Column("decided_by", "STRING", "consent_event_id of the event that decided.", required=True),
        Column(
            "rule",
            "STRING",
            "Why: first_record, latest, overturned_refusal, sticky_refusal (a grant since then was too weak) or expired.",
            required=True,
        ),
    ),
    key=("namespace", "value", "purpose", "valid_from"),
)

IDENTIFIERS = TableContract(
    name="silver.identifiers",
    about="A normalised identifier seen on a record: the evidence identity works from.",
    columns=(
        Column("record_id", "STRING", "The arrival it was seen on.", required=True),
        Column("namespace", "STRING", "user_id, email, phone, anonymous_id, device_id, …", required=True),
        Column("value", "STRING", "Normalised value.", Pii.DIRECT, required=True),
        Column("source", "STRING", "The source.", required=True),
        Column("stream", "STRING", "The source's stream.", required=True),
        Column(
            "record_kind",
            "STRING",
            "events, customers, orders or consent_events; of a record that makes several, one that is no event.",
            required=True,
        ),
        Column("seen_at", "TIMESTAMP", "Event time of the record.", required=True),
        Column("landing_id", "BIGINT", "The landing that brought the record.", required=True),
    ),
    key=("record_id", "namespace", "value"),
    change_feed=True,
)

QUARANTINE = TableContract(
    name="silver.quarantine",
    about="A record that could not be used, whole, with every reason.",
    columns=(
        Column("record_id", "STRING", "The arrival.", required=True),
        Column("source", "STRING", "The source.", required=True),
        Column("stream", "STRING", "The source's stream.", required=True),
        Column(
            "target", "STRING", "The table it was meant for; record when it could not be read at all.", required=True
        ),
        Column("reasons", "ARRAY<STRING>", "Every reason, e.g. malformed_json, missing:message_id.", required=True),
        Column("raw", "STRING", "The record, untouched.", Pii.DIRECT),
        Column("file_path", "STRING", "The file it came from."),
        Column("row_pos", "BIGINT", "Its position in the file."),
        Column("mapping_version", "STRING", "Hash of the mapping that refused it; NULL when the reader did."),
        Column("first_seen", "TIMESTAMP", "When it was first refused.", required=True),
        Column("landing_id", "BIGINT", "The landing that brought the record.", required=True),
        Column("attempts", "BIGINT", "How often it was tried; NULL in rows of earlier versions means once."),
        Column("last_tried_at", "TIMESTAMP", "When it was last tried."),
    ),
    key=("record_id", "target"),
    keep_days=365,
)

REDRIVEN = TableContract(
    name="silver.redriven",
    about="A record that left quarantine: why it was there, how often it was tried, when it passed or was set aside.",
    columns=(
        *_PROVENANCE,
        Column("target", "STRING", "The table it had been refused for.", required=True),
        Column("reasons", "ARRAY<STRING>", "The reasons it was last refused for.", required=True),
        Column("mapping_version", "STRING", "Hash of the mapping that had refused it."),
        Column("first_seen", "TIMESTAMP", "When it was first refused.", required=True),
        Column("attempts", "BIGINT", "How often it was tried.", required=True),
        Column("passed_at", "TIMESTAMP", "The time of the run in which it left.", required=True),
        Column("run_id", "STRING", "That run.", required=True),
        Column(
            "landing_id",
            "BIGINT",
            "The landing that brought the record; the rows it made were written later than that landing's.",
            required=True,
        ),
        Column("discarded", "BOOLEAN", "Whether it was set aside unused; it passed otherwise."),
        Column("passed_as", "STRING", "Hash of the mapping by which it passed; NULL where it was set aside."),
    ),
    key=("record_id", "target"),
    keep_days=365,
)

MADE_OF_RECORDS = (EVENTS, CUSTOMERS, ORDERS, ORDER_LINES, AD_SPEND, CONSENT_EVENTS, IDENTIFIERS)
"""What follows from the raw records and their mappings alone."""

SILVER = (*MADE_OF_RECORDS, CONSENT_STATE, QUARANTINE, REDRIVEN)
