"""Measurement: visits, marketing touches, and which of them gets credit for an order.

Reads silver.events, silver.orders, silver.identifiers, identity.nodes, identity.memberships and, where shared devices are
somebody's, identity.device_slices; writes gold.sessions, gold.touchpoints and gold.attribution. A session belongs to a
device, never to a person, so that a merge moves no boundary; the person is looked up in the identity of this run. It
must always hold that every conversion is credited exactly once by every model, `(none)` included: conversions and
revenue sum to those of the orders, and the step refuses to end otherwise.

Orders that were cancelled or wholly refunded are no conversions. A refund that stands as an order of its own, with
negative revenue, counts as revenue of its own day and as no conversion. An order that both a shop system and the event
stream tell of is one; the shop's row counts.
"""
