"""Profiles: one row a person, each field with where it came from.

Reads silver.customers, silver.identifiers, silver.consent_state, identity.nodes and identity.memberships (traits
also silver.events and silver.orders and, where shared devices are somebody's, identity.device_slices). Writes
gold.profiles (the golden record), gold.contact_points (every address, number and device of a person, with its consent)
and gold.traits (what is computed about a person).

The way: the newest version of every customer record (``records``) → whose it is → the records of a person side by
side → for each group of fields the one record that wins by the configured rules (``survivorship``). Nothing is
kept from the last run, so that taking a merge back restores both persons.

It must always hold: every person with an identifier has exactly one profile; the fields of a group come from one
record; the e-mail and phone shown are contact points of that person; consent is copied per contact point, never
chosen among several; the same facts in any order give the same rows.
"""
