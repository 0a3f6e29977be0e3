"""In which language a request is answered: pages in the person's own, the API and all it stores in English."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

P = ParamSpec("P")
T = TypeVar("T")

SOURCE = settings.LANGUAGE_CODE
# Programs read the API and spreadsheets the files, and a customer the documents: their words are part of a contract.
ENGLISH_PATHS = "/api/"
ENGLISH_FILES = (".csv", ".journal", ".pdf", ".txt", ".json")
# Languages that write 1.204,50 where English writes 1,204.50.
_WITH_DECIMAL_COMMA = frozenset({"de"})
_SWAPPED = str.maketrans(",.", ".,")


def has_decimal_comma() -> bool:
    return translation.get_language() in _WITH_DECIMAL_COMMA


def as_written(number: str) -> str:
    """An English number as the reader writes it: "1,204.50" -> "1.204,50"."""
    return with_comma(number) if has_decimal_comma() else number


def with_comma(number: str) -> str:
    return number.translate(_SWAPPED)


def _is_english(path: str) -> bool:
    return path.startswith(ENGLISH_PATHS) or path.endswith(ENGLISH_FILES)


class PortalLanguage(LocaleMiddleware):
    """The cookie that the language switch sets, else what the browser asks for."""

    def process_request(self, request: HttpRequest) -> None:
        if _is_english(request.path_info):
            # The thread may still speak the language of its last page.
            translation.activate(SOURCE)
            request.LANGUAGE_CODE = SOURCE
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if _is_english(request.path_info):
            return response
        return super().process_response(request, response)


class Said(str):
    """A sentence of an action. Its text is English, which is kept, sent and compared; `shown` is for the reader.

    `%` fills it in, as with any text: each reading puts its own numbers and labels in.
    """

    sentence: str
    given: Mapping[str, Any] | None

    def __new__(cls, sentence: str, given: Mapping[str, Any] | None = None) -> "Said":
        said = super().__new__(cls, sentence if given is None else sentence % given)
        said.sentence, said.given = sentence, given
        return said

    def __mod__(self, given: Any) -> "Said":
        return Said(self.sentence, given)

    @property
    def shown(self) -> str:
        words = translation.gettext(self.sentence)
        return words if self.given is None else words % {name: shown(one) for name, one in self.given.items()}


class Both(str):
    """English, beside what its reader sees."""

    reader: Callable[[], str]

    def __new__(cls, english: str, reader: Callable[[], str]) -> "Both":
        both = super().__new__(cls, english)
        both.reader = reader
        return both

    @property
    def shown(self) -> str:
        return self.reader()


class Number(str):
    """An amount in an action's sentence: English, and as its reader writes it."""

    __slots__ = ()

    @property
    def shown(self) -> str:
        return as_written(self)


def shown(words: Any) -> Any:
    return words.shown if isinstance(words, Said | Both | Number | Label) else words


class Label(str):
    """A choice's label inside an action's sentence: lowered in English, as it stands in the reader's language."""

    label: Any

    def __new__(cls, label: Any) -> "Label":
        with translation.override(SOURCE):
            said = super().__new__(cls, str(label).lower())
        said.label = label
        return said

    @property
    def shown(self) -> str:
        return str(self.label)


def in_source(made: Callable[P, T]) -> Callable[P, T]:
    """What is stored, exported or sent to a customer is written in English, whoever asked for it."""

    @wraps(made)
    def written(*args: P.args, **kwargs: P.kwargs) -> T:
        with translation.override(SOURCE):
            return made(*args, **kwargs)

    return written


# -- sentences that a column keeps


def in_both(made: Callable[[], str]) -> Both:
    """Words that are written from numbers, days or plurals: English now, anew for whoever reads them."""
    with translation.override(SOURCE):
        return Both(made(), made)


def kept(words: str) -> str:
    """The text of a column from which `read` makes the sentence again, for a reader of any language."""
    if isinstance(words, Said | Both):
        return _written.encode(_parts(words))
    # What somebody typed must never read as a sentence of ours.
    return kept(Said("%(typed)s", {"typed": str(words)})) if words.startswith(_MARKS) else str(words)


def read(text: str) -> str:
    """A sentence with its values, or the text as it stands, as in rows from before sentences were kept so."""
    return str(text) if not text.startswith(_MARKS) else _whole(json.loads(text))


_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)
_MARKS = ('{"said":', '{"each":')


def _parts(words: Any) -> Any:
    """What is not a sentence or a number of ours is kept as each language says it."""
    if isinstance(words, Said):
        given = None if words.given is None else {name: _parts(one) for name, one in words.given.items()}
        return {"said": words.sentence, "given": given}
    if isinstance(words, Number):
        return {"number": str(words)}
    if isinstance(words, Both | Label):
        return {"each": {language: in_language(language, words) for language, _name in settings.LANGUAGES}}
    return words


def in_language(language: str, words: Any) -> str:
    if language == SOURCE:
        return str(words)
    with translation.override(language):
        return str(shown(words))


def _whole(parts: Any) -> Any:
    if not isinstance(parts, dict):
        return parts
    if "said" in parts:
        given = parts["given"]
        values = None if given is None else {name: _whole(one) for name, one in given.items()}
        return Said(parts["said"], values)
    if "number" in parts:
        return Number(parts["number"])
    each: dict[str, str] = parts["each"]
    return Both(each[SOURCE], lambda: each.get(translation.get_language() or SOURCE, each[SOURCE]))
