"""Gives raw records one shape: events, customers, orders with their lines, consent events, identifiers, quarantine.

Reads the rows of ``bronze.<source>`` that landed since its last success. Writes ``silver.events``,
``silver.customers``, ``silver.orders``, ``silver.order_lines``, ``silver.consent_events``, ``silver.identifiers`` and
``silver.quarantine``.
Must always hold: every record is kept, a duplicate, or whole in quarantine with every reason; one event a message id
for ever; a repeated run changes no row, because every write is by key.

A record counts as *kept* when it made at least one new row, as a *duplicate* when all its rows were there already or
have been overtaken by newer versions, as *quarantined* when it made no row at all.
"""
