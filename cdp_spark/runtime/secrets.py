"""The one place that reads secrets. Configuration holds references only.

``env:NAME`` reads an environment variable, ``file:/path`` a file without its trailing newline,
``databricks:scope/key`` a secret scope of the workspace the code runs in.
"""

import os
from pathlib import Path
from typing import Any

from cdp_spark.errors import SecretError

KINDS = ("env", "file", "databricks")


def secret(reference: str) -> str:
    """The secret a reference stands for.

    Raises SecretError, naming the reference and never the value, when it cannot be read.
    """
    kind, _, where = reference.partition(":")
    if kind == "env":
        value = os.environ.get(where)
    elif kind == "file":
        value = _from_file(where)
    elif kind == "databricks":
        value = _from_scope(where)
    else:
        raise SecretError(f"{kind!r} is no kind of secret reference", fix=f"use one of {', '.join(KINDS)}")
    if not value:
        raise SecretError(f"the secret {reference} is missing or empty", fix="set it where the reference points")
    return value


def _from_file(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\n")
    except OSError:
        return None


def _from_scope(where: str) -> str | None:
    scope, _, key = where.partition("/")
    try:
        from databricks.sdk.runtime import dbutils  # exists on Databricks only
    except ImportError as e:
        raise SecretError("databricks: references work on Databricks only", fix="use env: or file: here") from e
    value: Any = dbutils.secrets.get(scope, key)
    return str(value)
