"""The reference of all tables as Markdown, made from the contracts so that it cannot rot."""

from collections.abc import Iterable

from cdp_spark.contracts.table import Pii, TableContract


def reference_text(contracts: Iterable[TableContract]) -> str:
    """One section a table: meaning, key, columns with type, whether each row fills them, personal-data class and meaning."""
    return "\n\n".join(_section(c) for c in contracts) + "\n"


def _section(contract: TableContract) -> str:
    keep = f" Kept {contract.keep_days} days." if contract.keep_days else ""
    head = f"## {contract.name}\n\n{contract.about} Key: {', '.join(contract.key)}.{keep}\n"
    rows = [
        f"| {c.name} | {c.type} | {'required' if c.required else ''} | {'' if c.pii is Pii.NONE else c.pii} |"
        f" {c.about.replace('|', '/')} |"
        for c in contract.columns
    ]
    return "\n".join(
        [head, "| column | type | filled | personal | meaning |", "| --- | --- | --- | --- | --- |", *rows]
    )
