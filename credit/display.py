"""How amounts, instants and wallets are written for people. Text only: the numbers come annotated from the rules."""

from datetime import datetime
from zoneinfo import ZoneInfo

from credit.money import MICROS, decimals, round_to_currency

MINUS = "\u2212"
STANDINGS = {
    "works": "Works",
    "near": "Near",
    "blocked": "Blocked",
    "suspended": "Suspended",
    "closed": "Closed",
}
SCHEMES = {"individual": "individual", "consolidated": "consolidated", "none": "no invoice", "": ""}


def amount(micros: int, currency: str, plus: bool = False) -> str:
    """Rounded to the currency's decimals, thousands grouped: -1204000000, EUR -> "−1,204.00"."""
    rounded = round_to_currency(micros, currency)
    whole, fraction = divmod(abs(rounded), MICROS)
    places = decimals(currency)
    digits = f".{fraction:06d}"[: places + 1] if places else ""
    return f"{sign(rounded, plus)}{whole:,}{digits}"


def short_amount(micros: int, currency: str, plus: bool = False) -> str:
    """As `amount`, without decimals that are all zero: 2000000000, EUR -> "2,000"."""
    text = amount(micros, currency, plus)
    whole, _, fraction = text.partition(".")
    return whole if not fraction.strip("0") else text


def with_code(micros: int, currency: str) -> str:
    return f"{amount(micros, currency)} {currency}"


def exact_parts(micros: int, currency: str, plus: bool = False) -> tuple[str, str]:
    """All digits in two parts: what the currency shows, and the digits beyond: ("2,246.32", "741")."""
    whole, fraction = divmod(abs(micros), MICROS)
    places = decimals(currency)
    digits = f"{fraction:06d}"
    head = f"{sign(micros, plus)}{whole:,}" + (f".{digits[:places]}" if places else "")
    beyond = digits[places:].rstrip("0")
    return head, f".{beyond}" if beyond and not places else beyond


def exact(micros: int, currency: str) -> str:
    return "".join(exact_parts(micros, currency))


def sign(micros: int, plus: bool = False) -> str:
    if micros < 0:
        return MINUS
    return "+" if plus and micros > 0 else ""


def typed(micros: int, currency: str) -> str:
    """The amount as a person would type it into a field: no thousands, a hyphen for minus."""
    return amount(micros, currency).replace(",", "").replace(MINUS, "-")


def place(zone: str) -> str:
    """ "Europe/Bratislava" -> "Bratislava"."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def local(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(ZoneInfo(zone))


def day_and_time(instant: datetime, zone: str, now: datetime | None = None) -> str:
    """ "30 Nov, 14:32"; the year too where it is not the running one."""
    here = local(instant, zone)
    year = "" if now is None or local(now, zone).year == here.year else f" {here.year}"
    return f"{here.day} {here:%b}{year}, {here:%H:%M}"


def weekday_and_time(instant: datetime, zone: str, now: datetime | None = None) -> str:
    """ "Mon 30 Nov, 15:32"."""
    return f"{local(instant, zone):%a} {day_and_time(instant, zone, now)}"


def in_words(instant: datetime, zone: str) -> str:
    """ "Monday 30 November 2026 at 15:32 in Tallinn (EET)"."""
    return f"{date_in_words(instant, zone)} in {place(zone)} ({local(instant, zone).tzname()})"


def date_in_words(instant: datetime, zone: str) -> str:
    here = local(instant, zone)
    return f"{here:%A} {here.day} {here:%B} {here.year} at {here:%H:%M}"


def for_you(instant: datetime, zone: str, viewer_zone: str) -> str:
    """The viewer's reading of an instant where it differs: ", 14:32 for you"; with the date if that differs too."""
    theirs, yours = local(instant, zone), local(instant, viewer_zone)
    if theirs.utcoffset() == yours.utcoffset():
        return ""
    day = "" if theirs.date() == yours.date() else f"{yours:%a} {yours.day} {yours:%b}, "
    return f", {day}{yours:%H:%M} for you"


def mode_words(mode: str, scheme: str) -> str:
    return f"Postpaid, {SCHEMES[scheme]}" if mode == "postpaid" else "Prepaid"
