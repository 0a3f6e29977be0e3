"""Filters and tags of every page: amounts, instants, badges, icons. They write what `credit.display` decides."""

from datetime import date, datetime
from functools import cache, lru_cache

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from credit import display, languages, viewer
from credit.retold import retold as say_again
from credit.rights import group_names
from credit.usage_bar import legend, percent
from credit.usage_bar import usage_bar as draw_usage_bar

register = template.Library()

BADGES = {
    "works": ("ok", "check"),
    "near": ("warn", "alert"),
    "blocked": ("danger", "stop"),
    "suspended": ("danger", "pause"),
    "closed": ("plain", ""),
}


@register.filter
def shown(words: str) -> str:
    """What a column keeps as a sentence, in the reader's language."""
    return str(languages.shown(words))


@register.filter
def retold(text: str) -> str:
    """Of a text in which the portal may have written a sentence or a name of its own."""
    return say_again(text)


@register.filter
def money(micros: int | None, currency: str) -> str:
    """Rounded to the currency; an amount that does not exist is unlimited only where the caller says so."""
    return "" if micros is None else display.amount(micros, currency)


@register.filter
def change(micros: int, currency: str) -> str:
    """An amount where a change is meant: with its plus."""
    return display.amount(micros, currency, plus=True)


@register.filter
def money_code(micros: int | None, currency: str) -> SafeString | str:
    """The amount with the currency's code small behind it."""
    if micros is None:
        return ""
    return format_html('{} <span class="cur">{}</span>', display.amount(micros, currency), currency)


@register.filter
def exact(micros: int | None, currency: str) -> SafeString | str:
    """Every digit; those beyond the currency's decimals smaller and grey."""
    return "" if micros is None else _with_small_digits(*display.exact_parts(micros, currency))


@register.filter
def exact_change(micros: int, currency: str) -> SafeString:
    return _with_small_digits(*display.exact_parts(micros, currency, plus=True))


def _with_small_digits(head: str, beyond: str) -> SafeString:
    return format_html('{}<span class="sub">{}</span>', head, beyond) if beyond else format_html("{}", head)


@register.filter
def short_money(micros: int | None, currency: str) -> str:
    return "" if micros is None else display.short_amount(micros, currency)


@register.filter
def rate(hundredths: int | None) -> str:
    """A tax rate: 2300 -> "23 %"."""
    return "" if hundredths is None else f"{hundredths / 100:g} %"


@register.filter
def day(value: date | None) -> str:
    """ "30 Nov 2026", as the reader writes it; so are the next three."""
    return display.day(value) if value else ""


@register.filter
def short_day(value: date | None) -> str:
    return display.short_day(value) if value else ""


@register.filter
def long_day(value: date | None) -> str:
    return display.long_day(value) if value else ""


@register.filter
def month_of(value: date | None) -> str:
    return display.month(value) if value else ""


@register.filter
def inside(words: object) -> str:
    """A word inside a sentence: lowered where the language does that."""
    return display.inside(words)


@register.filter
def day_and_time(instant: datetime, zone: str) -> str:
    return display.day_and_time(instant, zone, timezone.now())


@register.filter
def as_link(instant: datetime) -> str:
    """Exact, as an address carries it: 2026-11-03T13:00:00.000001Z."""
    return display.as_link(instant)


@register.filter
def exact_time(instant: datetime, zone: str) -> str:
    return display.to_the_second(instant, zone)


@register.filter
def clock(instant: datetime, zone: str) -> str:
    """ "14:29"."""
    return f"{display.local(instant, zone):%H:%M}"


@register.filter
def weekday_and_time(instant: datetime, zone: str) -> str:
    return display.weekday_and_time(instant, zone, timezone.now())


@register.filter
def in_words(instant: datetime, zone: str) -> str:
    return display.in_words(instant, zone)


@register.filter
def for_you(instant: datetime, zone: str) -> str:
    return display.for_you(instant, zone, viewer.zone())


@register.filter
def place(zone: str) -> str:
    return display.place(zone)


@register.filter
def mode_words(wallet: object, style: str = "") -> str:
    words = display.mode_words(wallet.mode, wallet.scheme)
    return display.inside(words) if style == "lower" else words


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    return _icon(name, extra)


@cache
def _icon(name: str, extra: str) -> SafeString:
    return format_html(
        '<svg class="i {}" aria-hidden="true"><use href="{}#i-{}"/></svg>', extra, static("icons.svg"), name
    )


@register.simple_tag
def badge(look: str, icon_name: str, words: str) -> SafeString:
    """Icon and word, never one alone: {% badge "warn" "clock" "7 days late" %}."""
    sign = _icon(icon_name, "") if icon_name else ""
    return format_html('<span class="badge-x {}">{}{}</span>', look, sign, words)


@register.simple_tag
def help_link(topic: str, anchor: str, about: str) -> SafeString:
    """A small ? beside a figure or a field: {% help_link "numbers" "usable" _("Usable") %}.

    In a tab of its own: what was typed stays.
    """
    address = reverse("help_topic", args=[topic]) + (f"#{anchor}" if anchor else "")
    words = _("What does it mean: %(about)s (in a new tab)") % {"about": about}
    return format_html('<a class="help-mark" href="{}" target="_blank" aria-label="{}">?</a>', address, words)


@register.simple_tag
def standing_badge(standing: str, words: str = "") -> SafeString:
    look, icon_name = BADGES[standing]
    return badge(look, icon_name, words or display.STANDINGS[standing])


register.filter("percent", percent)


@register.simple_tag
def usage_bar(wallet: object) -> SafeString:
    return draw_usage_bar(wallet)


@register.simple_tag
def usage_legend() -> SafeString:
    return legend()


@register.simple_tag(takes_context=True)
def viewer_clock(context: template.Context) -> dict[str, object]:
    """Who looks and what their clock says, for the top bar."""
    now, zone = timezone.now(), viewer.zone()
    here = display.local(now, zone)
    return {
        "at": here.isoformat(),
        "zone": zone,
        "place": display.place(zone),
        "time": f"{here:%H:%M}",
        **_day(here.date(), get_language()),
        "demo": settings.PORTAL_DEMO,
        "may_see_alerts": context["user"].has_perm("credit.view_alertevent"),
        **_person(context["user"]),
    }


@lru_cache(maxsize=100)
def _day(day: date, language: str | None) -> dict[str, object]:
    return {
        "day": display.weekday_and_year(day),
        # How the script that moves the clock writes it.
        "weekdays": len(display.weekday(day).split()[0]),
        "dot": "." if display.short_day(day).split()[0].endswith(".") else "",
    }


@register.simple_tag(takes_context=True)
def chosen_theme(context: template.Context) -> str:
    """ "light" or "dark", where the person chose one; else the system says it."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request else ""
    return chosen if chosen in ("light", "dark") else ""


@register.simple_tag(takes_context=True)
def oldest_seconds(context: template.Context) -> int | None:
    """How old a page from the database's copy may be (credit/replica.py)."""
    return getattr(context.get("request"), "oldest_seconds", None)


@register.simple_tag
def single_letters() -> bool:
    """Whether letters act by themselves for whoever looks."""
    return viewer.preferences().single_letters


def _person(user: object) -> dict[str, str]:
    name = user.get_full_name() or user.get_username()
    initials = "".join(word[0] for word in name.split()[:2]).upper()
    return {"name": name, "initials": initials, "groups": ", ".join(group_names(user))}
