"""An audience explained, for the terminal."""

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from cdp_spark.audiences.explanation import Explanation, Part
from cdp_spark.runtime.terminal import shown


def explained_membership(explanation: Explanation, in_clear: bool) -> RenderableType:
    """The condition as a tree, with what holds and what was found; personal data masked unless ``in_clear``."""
    part = explanation.audience
    said = f"{explanation.person_id} is {'' if part.holds else 'not '}in {part.says}"
    lines: list[RenderableType] = [Text(said, "bold"), _tree(part, in_clear)]
    if part.holds != explanation.is_member:
        published = "in" if explanation.is_member else "not in"
        lines.append(
            Text(f"as published the person is {published} it: the configuration has changed; `cdp run` follows")
        )
    return Group(*lines)


def _tree(part: Part, in_clear: bool) -> Tree:
    tree = Tree(_line(part, in_clear))
    for inner in part.parts:
        tree.add(_tree(inner, in_clear))
    return tree


def _line(part: Part, in_clear: bool) -> Text:
    mark = Text("✓ ", "green") if part.holds else Text("✗ ", "red")
    found = "" if part.found is None else f": {shown(part.found, in_clear or not part.is_personal)}"
    return mark + Text(f"{part.says}{found}")
