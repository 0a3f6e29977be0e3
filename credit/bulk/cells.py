"""What is typed into a sheet -> typed values. Whatever could be read in two ways is refused, never guessed."""

import re
from datetime import datetime
from functools import cache
from typing import NoReturn

from django.conf import settings

from credit import periods
from credit.actions.refusals import BadInput
from credit.languages import Said as _
from credit.languages import in_language
from credit.terms import Reason

UNLIMITED = "unlimited"
_SPACES = re.compile(r"[ \u00a0\u2007\u202f'’]")
_GROUPED_BY_SPACE = re.compile(r"\d{1,3}([ \u00a0\u2007\u202f'’]\d{3})+")
_DIGITS = re.compile(r"\d+")
_UNTIL = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M")
_UNTIL_DAYS = ("%Y-%m-%d", "%d.%m.%Y")
YEARS = range(2000, 2200)
_ERRORS = ("#REF!", "#VALUE!", "#N/A", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!")


def amount_text(typed: str) -> str:
    """A total as `to_micros` reads it. "1.234,50", "1,234.50", "1 234,5" and "1234.5" are clear; "1,234" is not."""
    text = typed.strip().replace("\u2212", "-")
    _refuse_formula(text, "new_limit", _("New limit"))
    sign, digits = ("-", text[1:].strip()) if text.startswith("-") else ("", text)
    whole, mark, rest = _parted(digits)
    whole = _ungrouped(whole, mark)
    if not _DIGITS.fullmatch(whole) or (mark and not _DIGITS.fullmatch(rest)):
        _refuse(
            "new_limit",
            _("“%(typed)s” is not an amount. Type digits, such as 1500 or 1500,50.") % {"typed": typed[:40]},
        )
    return f"{sign}{whole}{'.' + rest if mark else ''}"


def is_unlimited(typed: str) -> bool:
    return typed.strip().casefold() in _unlimited()


@cache
def _unlimited() -> frozenset[str]:
    """In every language: a file may be read by a worker, who knows nothing of its sender's."""
    said = _("Unlimited")
    return frozenset({UNLIMITED, *(in_language(code, said).casefold() for code, _name in settings.LANGUAGES)})


def days(typed: str) -> int | None:
    text = typed.strip()
    _refuse_formula(text, "days", _("Days"))
    if not text:
        return None
    whole = re.sub(r"[.,]0+$", "", text)
    # Zero days are no days: without this they would read as "no end", and the limit would be permanent.
    if not _DIGITS.fullmatch(whole) or len(whole) > 4 or not int(whole):
        _refuse("days", _("Days must be a whole number, such as 7."), Reason.INVALID_INPUT)
    return int(whole)


def until(typed: str, zone: str) -> datetime | None:
    """An end on the clock of the organization; a day without a time ends with that day."""
    text = typed.strip()
    _refuse_formula(text, "until", _("Until"))
    if not text:
        return None
    for pattern in (*_UNTIL, *_UNTIL_DAYS):
        local = _local(text, pattern)
        if local and local.year in YEARS:
            return _end_of_day(local, zone) if pattern in _UNTIL_DAYS else periods.first_instant(local, zone)
    words = _("Until is not readable. Write it such as 2026-11-30 or 2026-11-30 15:32.")
    raise BadInput("until", words)


def _local(text: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(text, pattern)  # noqa: DTZ007  the zone comes with first_instant
    except ValueError:
        return None


def _end_of_day(local: datetime, zone: str) -> datetime:
    return periods.days_later(periods.first_instant(local, zone), 1, zone)


def _parted(text: str) -> tuple[str, str, str]:
    """Before the decimals, the mark where they begin, and they themselves."""
    marks = [sign for sign in text if sign in ".,"]
    if not marks:
        return text, "", ""
    if len(set(marks)) == 1 and len(marks) > 1:
        return text, "", ""  # the same mark twice separates thousands
    whole, mark, rest = text.rpartition(marks[-1])
    if len(marks) == 1 and len(rest) == 3 and re.fullmatch(r"[1-9]\d{0,2}", whole):
        _refuse(
            "new_limit",
            _("“%(typed)s” can be read in two ways. Write %(whole)s%(rest)s or %(whole)s%(mark)s%(rest)s0.")
            % {"typed": text, "whole": whole, "rest": rest, "mark": mark},
        )
    return whole, mark, rest


def _ungrouped(whole: str, mark: str) -> str:
    """Thousands may be grouped by spaces, apostrophes, or by the mark that does not begin the decimals."""
    if _GROUPED_BY_SPACE.fullmatch(whole):
        return _SPACES.sub("", whole)
    group = {",": ".", ".": ","}.get(mark) or next((sign for sign in whole if sign in ".,"), "")
    if group and re.fullmatch(rf"\d{{1,3}}(\{group}\d{{3}})+", whole):
        return whole.replace(group, "")
    return whole


def _refuse_formula(text: str, field: str, label: str) -> None:
    if text.startswith(("=", "@", "+")):
        _refuse(
            field,
            _("%(label)s is a formula. Type the value itself, or paste it as a value.") % {"label": label},
            Reason.INVALID_INPUT,
        )
    if text.upper() in _ERRORS:
        _refuse(
            field, _("%(label)s is an error of the spreadsheet. Type the value itself.") % {"label": label}
        )


def _refuse(field: str, message: str, reason: Reason = Reason.INVALID_AMOUNT) -> NoReturn:
    raise BadInput(field, message, reason)
