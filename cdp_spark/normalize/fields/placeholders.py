"""Values that stand where an identifier should be, and identify nobody."""

from pyspark.sql import Column
from pyspark.sql import functions as F

WORDS = (
    "null", "none", "nil", "nan", "unknown", "undefined", "not set", "(not set)", "not_set", "notset", "anonymous",
    "invalid", "test", "n/a", "-1", "true", "false", "[object object]",
)  # fmt: skip
# What hashing nothing gives: MD5, SHA-1 and SHA-256 of the empty text.
HASHES_OF_NOTHING = (
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
)
LONGEST = 1_024


def is_placeholder(value: Column) -> Column:
    """Whether a trimmed, non-blank text identifies nobody: a word for it, zeros, a hash of nothing, or over-long."""
    lowered = F.lower(value)
    only_zeros = F.ltrim(value, F.lit("0-")) == ""
    return lowered.isin(*WORDS, *HASHES_OF_NOTHING) | only_zeros | (F.length(value) > LONGEST)


def identifying(value: Column) -> Column:
    """The value, which is trimmed and not blank; NULL when it is a placeholder."""
    return F.when(~is_placeholder(value), value)
