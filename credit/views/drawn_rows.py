"""A row's template as a text with the names of what goes into it: drawn once for a look, then filled for each row."""

import re
from collections.abc import Iterable

_MARK = re.compile("\ue000(\\w+)\ue001")


def marks(names: Iterable[str]) -> dict[str, str]:
    """What the template is given in place of the texts."""
    return {name: f"\ue000{name}\ue001" for name in names}


def with_names(drawn: str) -> str:
    """`%(name)s` where a mark stands, for Python's own formatting."""
    return _MARK.sub(r"%(\1)s", drawn.replace("%", "%%"))


def in_places(drawn: str) -> tuple[str, list[str]]:
    """`%s` where a mark stands, and the name of each: without looking names up, a row is filled in half the time."""
    return _MARK.sub("%s", drawn.replace("%", "%%")), _MARK.findall(drawn)
