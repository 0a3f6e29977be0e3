"""A template on disk and its words as JSON -> a PDF that is the same on every machine."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import typst
from django.conf import settings

# Tagged and archivable: a screen reader can read it, and it can be opened in thirty years.
STANDARDS: Any = ["a-2a", "ua-1"]
_LONGEST_WORD = 40
_MAY_BREAK = "\u200b"


def pdf(template: str, content: Mapping[str, Any], at: datetime) -> bytes:
    """The bytes depend on template, content and `at`, the document's own instant, and on nothing else.

    A name in letters that no font here has is set with boxes in their place, as a plain PDF: the standards refuse it.
    """
    root = settings.BASE_DIR / "templates" / "documents"
    given: dict[str, Any] = {
        "input": str(root / f"{template}.typ"),
        "root": str(root),
        "font_paths": _fonts(settings.CREDIT_DOCUMENT_FONTS_DIR),
        "sys_inputs": {"content": json.dumps(_breakable(content), ensure_ascii=False, sort_keys=True)},
        "timestamp": int(at.timestamp()),
    }
    try:
        made: bytes = typst.compile(**given, pdf_standards=STANDARDS)
    except typst.TypstError:
        made = typst.compile(**given)
    return made


@cache
def _fonts(more: str) -> typst.Fonts:
    """Read once per process. The machine's own fonts would make a document look different on each machine."""
    own = str(files("fontpkg_inter").joinpath("files"))
    return typst.Fonts(include_system_fonts=False, font_paths=[own, *([more] if more else [])])


def _breakable(content: Any) -> Any:
    """Words longer than any line get places to break, so that they stay on the paper."""
    if isinstance(content, str):
        return " ".join(_broken(word) if len(word) > _LONGEST_WORD else word for word in content.split(" "))
    if isinstance(content, Mapping):
        return {name: _breakable(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_breakable(value) for value in content]
    return content


def _broken(word: str) -> str:
    return _MAY_BREAK.join(word[at : at + 10] for at in range(0, len(word), 10))
