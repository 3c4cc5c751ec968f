"""The names of what can be wrong with the company's data: each kind that is injected on purpose."""

MALFORMED_EMAIL = "malformed_email"
DISPOSABLE_EMAIL = "disposable_email"
ROLE_EMAIL = "role_email"
NEVER_VERIFIED_EMAIL = "never_verified_email"
BOUNCED_EMAIL = "bounced_email"
IMPOSSIBLE_PHONE = "impossible_phone"
PLACEHOLDER_ID = "placeholder_id"
DUPLICATE_CRM_RECORD = "duplicate_crm_record"
EMAIL_WITH_MANY_NAMES = "email_with_many_names"
SHARED_ANONYMOUS_ID = "shared_anonymous_id"
EVENT_WITHOUT_ID = "event_without_id"
USER_ID_NEVER_IDENTIFIED = "user_id_never_identified"
CLOCK_SKEW = "clock_skew"
DOUBLE_FIRING = "double_firing"
MESSAGE_ID_REUSE = "message_id_reuse"
PURCHASE_WITHOUT_CURRENCY = "purchase_without_currency"
MISSING_UTM = "missing_utm"
BOT_TRAFFIC = "bot_traffic"
INTERNAL_TRAFFIC = "internal_traffic"
EVENT_NAME_CASING = "event_name_casing"
VOLUME_TO_ZERO = "volume_to_zero"
STALE_SOURCE = "stale_source"
ORDER_WITHOUT_CUSTOMER = "order_without_customer"
IMPOSSIBLE_TIMESTAMP = "impossible_timestamp"
NEW_FIELD = "new_field"
VANISHED_FIELD = "vanished_field"
RETYPED_FIELD = "retyped_field"
REFUND_WITHOUT_ORDER = "refund_without_order"
NEGATIVE_REVENUE = "negative_revenue"

FLAWS = (
    MALFORMED_EMAIL, DISPOSABLE_EMAIL, ROLE_EMAIL, NEVER_VERIFIED_EMAIL, BOUNCED_EMAIL, IMPOSSIBLE_PHONE,
    PLACEHOLDER_ID, DUPLICATE_CRM_RECORD, EMAIL_WITH_MANY_NAMES, SHARED_ANONYMOUS_ID, EVENT_WITHOUT_ID,
    USER_ID_NEVER_IDENTIFIED, CLOCK_SKEW, DOUBLE_FIRING, MESSAGE_ID_REUSE, PURCHASE_WITHOUT_CURRENCY, MISSING_UTM,
    BOT_TRAFFIC, INTERNAL_TRAFFIC, EVENT_NAME_CASING, VOLUME_TO_ZERO, STALE_SOURCE, ORDER_WITHOUT_CUSTOMER,
    IMPOSSIBLE_TIMESTAMP, NEW_FIELD, VANISHED_FIELD, RETYPED_FIELD, REFUND_WITHOUT_ORDER, NEGATIVE_REVENUE,
)  # fmt: skip
