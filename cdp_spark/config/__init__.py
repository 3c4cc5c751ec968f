"""Typed models of every YAML file. All problems of all files are reported at once, by file and path.

``load_config(path)`` reads ``cdp.yml`` and the files beside it: ``sources/*.yml``, ``identity.yml``, ``consent.yml``,
``profiles.yml``, ``traits.yml``, ``audiences/*.yml``, ``destinations/*.yml``, ``attribution.yml``. Unknown keys
are errors. Text of a configuration never becomes SQL: expressions are typed trees.
"""

from cdp_spark.config.load import Config, load_config, load_identity

__all__ = ["Config", "load_config", "load_identity"]
