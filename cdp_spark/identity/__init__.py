"""Identity: from identifiers seen on records to persons with ids that stay.

Reads silver.identifiers, silver.customers, identity.decisions and its own tables. Writes identity.nodes (one row an
identifier value), identity.links (two identifiers of one record), identity.held_links (links refused, and why),
identity.memberships, identity.household_memberships, identity.device_slices, identity.persons, identity.redirects and
identity.log.

The way: evidence up to ``as_of`` → the distinct sets of identifiers that records show (``record_sets``) → which
identifiers are shared or placeholders and link nobody (``hygiene``) → nodes and links → raw components, the
closure over all eligible links (``components``) → parts, where a component holds more identifiers of a kind than
one person may have, or contacts of different people (``personal_facts``, ``split``) → persons: who held a part
before keeps it (``claims``, ``persons``).

A run resolves what changed since the last one: the changed identifiers, those on the records of an identifier whose
status changed, and the whole components of all these (``changes``, ``touched``); the rows of everything else stay
as they are. Everything is resolved after other settings or code, after an interrupted run, where more than a fifth
changed, and with ``--recompute``; both ways give the same rows.

A shared device links nobody. Where ``shared_devices`` says so, what was done on it without any other identifier is
theirs who was last seen on it (``device_slices``). That says whose a record is, never who is one person.

What travels in links that people forward (``forwardable``) is taken last: it names whoever uses a device on which nothing
better is known, and never joins two parts that both hold a strong identifier.

What people decide (``decide``: one person, not one person, this value never identifies) outranks every rule in every
later run: a must-link is a link of tier 0 that no limit binds, a must-not-link a pair that no part may hold.

A raw component is kept apart from the persons in it: a link held back today can be visible tomorrow, and a
result may never depend on the order in which links were seen. So the partition is a pure function of the evidence
and the configuration; only person ids have a history.

It must always hold: every active identifier belongs to exactly one active person; no person holds more
identifiers of a kind than its limit, but by a decision; a person id once given is never given again; every id that
ever was has one redirect to the person who now holds its anchor; a second run over the same evidence changes no row.
"""
