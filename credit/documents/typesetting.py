"""A template on disk and its words as JSON -> a PDF that is the same on every machine."""

import json
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any

from django.conf import settings

from credit.documents.press import press, press_apart

_LONGEST_WORD = 40
_MAY_BREAK = "\u200b"


def pdf(template: str, content: Mapping[str, Any], at: datetime, *, is_long: bool = False) -> bytes:
    """The bytes depend on template, content and `at`, the document's own instant, and on nothing else.

    `is_long` documents are set in a process of their own, whose memory is given back.
    """
    root = settings.BASE_DIR / "templates" / "documents"
    more = settings.CREDIT_DOCUMENT_FONTS_DIR
    job = {
        "template": str(root / f"{template}.typ"),
        "root": str(root),
        "fonts": [str(files("fontpkg_inter").joinpath("files")), *([more] if more else [])],
        "content": json.dumps(_breakable(content), ensure_ascii=False, sort_keys=True),
        "timestamp": int(at.timestamp()),
    }
    return press_apart(job) if is_long else press(job)


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
