"""Reading each distinct text of a batch once."""

from collections.abc import Callable

import pyarrow as pa


def of_distinct(texts: pa.Array, read: Callable[[str], object], kind: pa.DataType) -> pa.Array:
    """What ``read`` makes of each text, as ``kind``; NULL of NULL."""
    coded = texts.dictionary_encode()
    return pa.array([read(text) for text in coded.dictionary.to_pylist()], kind).take(coded.indices)
