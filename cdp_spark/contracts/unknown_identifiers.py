"""What helps somebody who named an identifier that was never seen."""

from pyspark.sql import DataFrame


def fix_of_unknown(nodes: DataFrame, text: str) -> str:
    """The remedy; ``nodes`` are those of identity.nodes, whose namespaces are told where ``text`` names none of them."""
    known = [r["namespace"] for r in nodes.select("namespace").distinct().orderBy("namespace").collect()]
    namespace, colon, _ = text.partition(":")
    if colon and namespace in known:
        return "try another of theirs"
    return f"write it as namespace:value; there are {', '.join(known)}"
