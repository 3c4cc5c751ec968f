"""Consent: from what people said to what holds.

Reads silver.consent_events, writes silver.consent_state: for each contact point and purpose, what held from
when to when. Must always hold: the state is a function of the set of events, whatever order they came in; the
intervals of a contact point and purpose follow one another without overlap, and the last is open; a refusal is
overturned only by a later grant of equal or greater strength; no row means nobody said anything, which is a no.

Read what holds at t with ``valid_from <= t and (valid_to is null or t < valid_to)``; only ``granted`` is a yes.
What several contact points of one person come to together is decided where it is used, at sending.
"""
