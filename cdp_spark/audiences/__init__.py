"""Audiences: who is in, since when and why.

Reads gold.profiles, gold.traits, identity.redirects, and of what persons did silver.events with silver.identifiers,
identity.nodes, identity.memberships and, where shared devices are somebody's, identity.device_slices; writes
gold.audience_members and gold.audience_changes.

The way: each audience file becomes a definition (``definitions``), whose leaves carry a canonical label; equal leaves
of all audiences are one. One scan of the events counts what all event leaves ask for (``counters``), one row a person
then holds every leaf's truth, and audiences follow from them by row arithmetic, in the order of their references
(``evaluation``). The new members against the stored ones give the changes (``changes``). For one person the same
evaluation tells of every part whether it holds (``explanation``).

It must always hold: missing is false, so no condition is ever unknown; an audience that another refers to is taken by
this run's result; ``exclude`` comes after ``where``; replaying the log by sequence gives the members; a run that finds
nothing new writes nothing.

``entered_at`` is the as_of of the run that found somebody in. An entry's ``leaves`` are those that held; an exit's are
those that turned since the entry, or since the definition last changed.
"""
