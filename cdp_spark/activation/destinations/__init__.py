"""Destinations: each takes the operations of a sync and delivers them."""
