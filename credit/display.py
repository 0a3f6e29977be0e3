"""How amounts, instants and wallets are written for people. Text only: the numbers come annotated from the rules."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from django.utils import dates
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _

from credit.languages import SOURCE, as_written, has_decimal_comma, with_comma
from credit.money import MICROS, decimals, round_to_currency

MINUS = "\u2212"
STANDINGS = {
    "works": gettext_lazy("Works"),
    "near": gettext_lazy("Near"),
    "blocked": gettext_lazy("Blocked"),
    "suspended": gettext_lazy("Suspended"),
    "closed": gettext_lazy("Closed"),
}
SCHEMES = {
    "individual": gettext_lazy("individual"),
    "consolidated": gettext_lazy("consolidated"),
    "none": gettext_lazy("no invoice"),
    "": "",
}


def amount(micros: int, currency: str, plus: bool = False) -> str:
    """Rounded to the currency's decimals, thousands grouped as the reader does: -1204000000, EUR -> "−1,204.00"."""
    return as_written(_english(micros, currency, plus))


def amounts() -> Callable[[int, str], str]:
    """`amount` for many: how the reader writes numbers is asked once and not for each."""
    return _with_decimal_comma if has_decimal_comma() else _english


def _with_decimal_comma(micros: int, currency: str) -> str:
    return with_comma(_english(micros, currency))


@lru_cache(maxsize=10_000)
def _english(micros: int, currency: str, plus: bool = False) -> str:
    rounded = round_to_currency(micros, currency)
    whole, fraction = divmod(abs(rounded), MICROS)
    places = decimals(currency)
    digits = f".{fraction:06d}"[: places + 1] if places else ""
    return f"{sign(rounded, plus)}{whole:,}{digits}"


def short_amount(micros: int, currency: str, plus: bool = False) -> str:
    """As `amount`, without decimals that are all zero: 2000000000, EUR -> "2,000"."""
    text = _english(micros, currency, plus)
    whole, _point, fraction = text.partition(".")
    return as_written(whole if not fraction.strip("0") else text)


def with_code(micros: int, currency: str) -> str:
    return f"{amount(micros, currency)} {currency}"


def exact_parts(micros: int, currency: str, plus: bool = False) -> tuple[str, str]:
    """All digits in two parts: what the currency shows, and the digits beyond: ("2,246.32", "741")."""
    whole, fraction = divmod(abs(micros), MICROS)
    places = decimals(currency)
    digits = f"{fraction:06d}"
    head = f"{sign(micros, plus)}{whole:,}" + (f".{digits[:places]}" if places else "")
    beyond = digits[places:].rstrip("0")
    return as_written(head), as_written(f".{beyond}" if beyond and not places else beyond)


def exact(micros: int, currency: str) -> str:
    return "".join(exact_parts(micros, currency))


def sign(micros: int, plus: bool = False) -> str:
    if micros < 0:
        return MINUS
    return "+" if plus and micros > 0 else ""


def typed(micros: int, currency: str) -> str:
    """The amount as a person would type it into a field: no thousands, a hyphen for minus."""
    return as_written(_english(micros, currency).replace(",", "").replace(MINUS, "-"))


def typed_exactly(micros: int, currency: str) -> str:
    """As `typed`, with every digit that there is: 84210, EUR -> "0.08421"."""
    places = max(decimals(currency), len(f"{abs(micros) % MICROS:06d}".rstrip("0")))
    whole, fraction = divmod(abs(micros), MICROS)
    sign_typed = "-" if micros < 0 else ""
    return as_written(f"{sign_typed}{whole}" + (f".{fraction:06d}"[: places + 1] if places else ""))


def days_late(days: int) -> str:
    """ "7 days late"."""
    return ngettext("%(days)s day late", "%(days)s days late", days) % {"days": days}


def place(zone: str) -> str:
    """ "Europe/Bratislava" -> "Bratislava"."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def local(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(ZoneInfo(zone))


@cache
def _names(language: str | None) -> dict[str, tuple[str, ...]]:
    """Months and weekdays in a language, long and short; each tuple begins with January or Monday."""
    return {
        "month": tuple(str(dates.MONTHS[number]) for number in range(1, 13)),
        "mon": tuple(str(dates.MONTHS_3[number]).title() for number in range(1, 13)),
        "weekday": tuple(str(dates.WEEKDAYS[number]) for number in range(7)),
        "day": tuple(str(dates.WEEKDAYS_ABBR[number]) for number in range(7)),
    }


def _parts(day: date) -> dict[str, object]:
    names = _names(get_language())
    return {
        "day": day.day,
        "mon": names["mon"][day.month - 1],
        "month": names["month"][day.month - 1],
        "year": day.year,
        "weekday": names["weekday"][day.weekday()],
        "wd": names["day"][day.weekday()],
    }


def day(day: date) -> str:
    """ "30 Nov 2026"."""
    return pgettext("day", "%(day)s %(mon)s %(year)s") % _parts(day)


def short_day(day: date) -> str:
    """ "30 Nov"."""
    return pgettext("day", "%(day)s %(mon)s") % _parts(day)


def long_day(day: date) -> str:
    """ "30 November 2026"."""
    return pgettext("day", "%(day)s %(month)s %(year)s") % _parts(day)


def month(day: date) -> str:
    """ "November 2026"."""
    return pgettext("day", "%(month)s %(year)s") % _parts(day)


def month_name(day: date) -> str:
    return _names(get_language())["month"][day.month - 1]


def short_month(day: date) -> str:
    return _names(get_language())["mon"][day.month - 1]


def weekday(day: date) -> str:
    """ "Mon 30 Nov"."""
    return pgettext("day", "%(wd)s %(day)s %(mon)s") % _parts(day)


def weekday_and_year(day: date) -> str:
    """ "Mon 30 Nov 2026"."""
    return pgettext("day", "%(wd)s %(day)s %(mon)s %(year)s") % _parts(day)


def day_and_time(instant: datetime, zone: str, now: datetime | None = None) -> str:
    """ "30 Nov, 14:32"; the year too where it is not the running one."""
    here = local(instant, zone)
    has_year = now is not None and local(now, zone).year != here.year
    return f"{day(here) if has_year else short_day(here)}, {here:%H:%M}"


def as_link(instant: datetime) -> str:
    """Exact, as an address carries it: 2026-11-03T13:00:00.000001Z."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def to_the_second(instant: datetime, zone: str) -> str:
    """ "30 Nov 2026, 14:32:07"."""
    here = local(instant, zone)
    return f"{day(here)}, {here:%H:%M:%S}"


def weekday_and_time(instant: datetime, zone: str, now: datetime | None = None) -> str:
    """ "Mon 30 Nov, 15:32"."""
    here = local(instant, zone)
    words = {"weekday": _parts(here)["wd"], "day": day_and_time(instant, zone, now)}
    return pgettext("day", "%(weekday)s %(day)s") % words


def for_both(instant: datetime, zone: str, viewer_zone: str) -> str:
    """ "Fri 27 Nov, 20:06"; where the viewer's clock says otherwise "Fri 27 Nov, 20:06 in Tokyo, 12:06 for you"."""
    when, yours = weekday_and_time(instant, zone), for_you(instant, zone, viewer_zone)
    if not yours:
        return when
    return _("%(when)s in %(place)s%(for_you)s") % {"when": when, "place": place(zone), "for_you": yours}


def in_words(instant: datetime, zone: str) -> str:
    """ "Monday 30 November 2026 at 15:32 in Tallinn (EET)"."""
    return _("%(instant)s in %(place)s (%(zone)s)") % {
        "instant": date_in_words(instant, zone),
        "place": place(zone),
        "zone": local(instant, zone).tzname(),
    }


def date_in_words(instant: datetime, zone: str) -> str:
    here = local(instant, zone)
    words = {**_parts(here), "time": f"{here:%H:%M}"}
    return _("%(weekday)s %(day)s %(month)s %(year)s at %(time)s") % words


def for_you(instant: datetime, zone: str, viewer_zone: str) -> str:
    """The viewer's reading of an instant where it differs: ", 14:32 for you"; with the date if that differs too."""
    theirs, yours = local(instant, zone), local(instant, viewer_zone)
    if theirs.utcoffset() == yours.utcoffset():
        return ""
    when = f"{yours:%H:%M}" if theirs.date() == yours.date() else f"{weekday(yours)}, {yours:%H:%M}"
    return _(", %(instant)s for you") % {"instant": when}


def mode_words(mode: str, scheme: str) -> str:
    if mode == "postpaid":
        return _("Postpaid, %(scheme)s") % {"scheme": SCHEMES[scheme]}
    return _("Prepaid")


def inside(words: object) -> str:
    """A label inside a sentence: English lowers it, German keeps its nouns."""
    return str(words).lower() if get_language() in (None, SOURCE) else str(words)
