"""Ready configuration, as data: the one that ``cdp init`` writes."""
