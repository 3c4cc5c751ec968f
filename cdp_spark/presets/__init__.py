"""Ready configuration, as data: the one that ``cdp init`` writes, and a mapping for each well-known source in ``sources``."""
