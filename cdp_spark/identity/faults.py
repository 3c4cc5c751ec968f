"""What must never be: counts of it, refused before anything is written."""

from cdp_spark.errors import ContractError


def refuse_faults(what: str, faults: dict[str, int]) -> None:
    """Raises ContractError naming every count that is not 0."""
    wrong = {name: n for name, n in faults.items() if n}
    if wrong:
        raise ContractError(
            f"{what}: " + ", ".join(f"{n} {name}" for name, n in wrong.items()),
            fix="nothing was published; run again, with components.engine: driver if it happens twice",
            **wrong,
        )
