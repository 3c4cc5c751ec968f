"""Deterministic ids of nodes, links, persons and log entries: hashes under a fixed key.

The key keeps these ids apart from hashes of the same values elsewhere; it is no secret.
"""

import hashlib

from pyspark.sql import Column
from pyspark.sql import functions as F

_NODE, _LINK, _PERSON, _LOG = "cdp-spark:node:", "cdp-spark:link:", "cdp-spark:person:", "cdp-spark:log:"
_SEPARATOR = "\x1f"


def node_ids(namespace: Column, value: Column) -> Column:
    """BIGINT id of an identifier value."""
    return _number(F.concat(F.lit(_NODE), namespace, F.lit(_SEPARATOR), value))


def node_id(namespace: str, value: str) -> int:
    """What ``node_ids`` gives for the identifier, without Spark."""
    digest = hashlib.sha256(f"{_NODE}{namespace}{_SEPARATOR}{value}".encode()).digest()
    return int.from_bytes(digest[:8]) & (2**63 - 1)


def link_ids(src: Column, dst: Column, rule: Column) -> Column:
    """BIGINT id of a link; ``src`` is the smaller node id."""
    return _number(_joined(_LINK, src, dst, rule))


def person_ids(minted_for: Column, generation: Column) -> Column:
    """STRING id of the ``generation``-th person minted for an anchor node, counted from 0."""
    digest = F.sha2(_joined(_PERSON, minted_for, generation), 256)
    return F.concat(F.lit("p_"), F.substring(digest, 1, 24))


def log_ids(operation: Column, person_id: Column) -> Column:
    """STRING id of what happened to a person."""
    return F.substring(F.sha2(_joined(_LOG, operation, person_id), 256), 1, 32)


def _joined(key: str, *parts: Column) -> Column:
    texts = [part.cast("string") for part in parts]
    return F.concat(F.lit(key), *[t for part in texts for t in (F.lit(_SEPARATOR), part)])


def _number(text: Column) -> Column:
    """The leading 64 bits of the SHA-256 digest without the first."""
    signed = F.conv(F.substring(F.sha2(text, 256), 1, 16), 16, -10).cast("bigint")
    return signed.bitwiseAND(F.lit(2**63 - 1))
