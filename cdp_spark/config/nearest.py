"""What somebody meant who wrote a name that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches

_FEW = 25


def instead(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The end of a sentence: the nearest of the known names, else all of them where they are few; empty otherwise."""
    names = sorted(known)
    if near := get_close_matches(name, names, n=1, cutoff=cutoff):
        return f"; did you mean {near[0]}?"
    return f"; known: {', '.join(names)}" if 0 < len(names) <= _FEW else ""
