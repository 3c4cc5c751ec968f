"""Gives raw records one shape: events, customers, orders with their lines, ad spend, consent events, identifiers and
quarantine.

Reads the rows of ``bronze.<source>`` that landed since its last success. Writes ``silver.events``,
``silver.customers``, ``silver.orders``, ``silver.order_lines``, ``silver.ad_spend``, ``silver.consent_events``,
``silver.identifiers``, ``silver.quarantine`` and ``silver.redriven``.
Must always hold: every record is kept, a duplicate, or whole in quarantine with every reason; one event a message id
for ever; a repeated run changes no row, because every write is by key.

A quarantined record goes through again when ``cdp redrive`` asks for it (``redrive.py``), as part of the batch that any
run takes: it makes rows of the tables it was refused for, leaves quarantine for ``silver.redriven`` when it passes, and
stays with its new reasons when it does not. Its rows have the landing that brought it, which is an earlier one. One that
``cdp quarantine discard`` names (``discard.py``) goes to ``silver.redriven`` unused. ``requests.py`` has what was asked.

The normal forms of fields are in ``fields/``; ``functions.py`` has them for SQL.

A record counts as *kept* when it made at least one new row, as a *duplicate* when all its rows were there already or
have been overtaken by newer versions, as *quarantined* when it made no row at all.
"""
