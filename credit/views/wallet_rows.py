"""One wallet as the list and the export show it: numbers of the rule turned into text, once, before the template."""

from collections import namedtuple
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

from django.db.models import DateTimeField
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from credit import display, viewer
from credit.copies import among, as_one
from credit.models import Wallet
from credit.templatetags.portal import standing_badge
from credit.usage_bar import bars_in
from credit.written_queries import Written, slot

SHOWN = (
    "effective_limit_micros",
    "limit_state",
    "limit_ends_at",
    "falls_back_to_micros",
    "live_unbilled_micros",
    "live_reserved_micros",
    "usable_micros",
    "used_micros",
    "used_percent",
    "standing",
)
COLUMNS = (
    "id",
    "wallet_id",
    "currency",
    "mode",
    "scheme",
    "organization_status",
    "closed_at",
    "balance_micros",
    "near_percent",
    "permanent_limit_micros",
    "organization__name",
    "organization__uuid",
)


Numbers = namedtuple("Numbers", (*COLUMNS, *SHOWN))  # type: ignore[misc]


def numbers(pks: list[int], now: datetime) -> list[Any]:
    """What the list shows of these wallets at an instant, in the same order."""
    using = Wallet.objects.all().db
    rows = _written(using).rows(now=now, pks=as_one(pks, using))
    found = {row[0]: Numbers._make(row) for row in rows}
    return [found[pk] for pk in pks if pk in found]


@cache
def _written(using: str) -> Written:
    now: Any = slot("now", DateTimeField())
    wallets = Wallet.objects.using(using).at(now, *SHOWN).filter(pk__in=among(slot("pks"), using))
    return Written(wallets.order_by().values_list(*COLUMNS, *SHOWN), using)


_PLACEHOLDER = "00000000-0000-0000-0000-000000000000"


@cache
def _pattern(name: str) -> str:
    try:
        return reverse(name, args=[_PLACEHOLDER])
    except NoReverseMatch:
        return ""


class Address:
    """One named address for many wallets: resolved once, then filled in. Empty where the portal has no such page."""

    def __init__(self, name: str) -> None:
        self.pattern = _pattern(name)

    def of(self, identifier: object) -> str:
        return self.pattern.replace(_PLACEHOLDER, quote(str(identifier), safe=""))


@dataclass(frozen=True)
class Action:
    words: str
    icon: str
    address: Address
    permission: str
    key: str = ""


def actions_for(user: Any) -> list[Action]:
    """The row menu: what this person may do and the portal can."""
    every = [
        Action(_("Set credit limit"), "limit", Address("set_limit"), "credit.set_credit_limit", "l"),
        Action(_("Add payment"), "coin", Address("add_payment"), "credit.record_payment", "p"),
        Action(_("Give or take back credit"), "swap", Address("adjust_credit"), "credit.adjust_credit"),
        Action(_("Change payment mode"), "repeat", Address("change_mode"), "credit.change_payment_mode"),
    ]
    return [action for action in every if action.address.pattern and user.has_perm(action.permission)]


_ITEM = '<li{}><a href="{}" data-panel{}><svg class="i" aria-hidden="true"><use href="{}#i-{}"/></svg>{}{}</a></li>'


def _item(words: str, icon: str, address: Address, key: str = "", css: str = "") -> SafeString:
    """A line of the menu whose address still waits for the identifier."""
    pressed = format_html(' data-key="{}"', key) if key else ""
    shown = format_html('<span class="key" aria-hidden="true">{}</span>', key.upper()) if key else ""
    place = SafeString(f' class="{css}"' if css else "")
    return format_html(_ITEM, place, address.pattern, pressed, static("icons.svg"), icon, words, shown)


class Menus:
    """The menus of all rows: written once, then filled in; only the identifiers in the addresses differ."""

    def __init__(self, user: Any) -> None:
        self.actions = SafeString(
            "".join(_item(act.words, act.icon, act.address, act.key) for act in actions_for(user))
        )
        self.standing_changes: dict[bool, SafeString] = {}
        if user.has_perm("credit.suspend_organization"):
            self.standing_changes = {
                False: _item(
                    _("Suspend organization"), "pause", Address("suspend_organization"), css="split"
                ),
                True: _item(_("Resume organization"), "undo", Address("resume_organization"), css="split"),
            }
        self.open = Address("organization")

    def of(self, wallet: Any, uuid: str, quoted_wallet_id: str) -> SafeString:
        if wallet.closed_at:
            return SafeString("")
        standing = self.standing_changes.get(wallet.organization_status == "suspended", "")
        items = self.actions.replace(_PLACEHOLDER, quoted_wallet_id)
        return SafeString(items + standing.replace(_PLACEHOLDER, uuid))

    def page_of(self, uuid: str, quoted_wallet_id: str) -> str:
        pattern = self.open.pattern
        return f"{pattern.replace(_PLACEHOLDER, uuid)}?wallet={quoted_wallet_id}" if pattern else ""


MENU_RIGHTS = (
    "credit.set_credit_limit", "credit.record_payment", "credit.adjust_credit", "credit.change_payment_mode",
    "credit.suspend_organization",
)  # fmt: skip


@dataclass(frozen=True)
class _Holder:
    """Somebody with these rights, whoever it is."""

    rights: tuple[str, ...]

    def has_perm(self, right: str) -> bool:
        assert right in MENU_RIGHTS
        return right in self.rights


def menus_of(user: Any) -> Menus:
    """The same for everybody with the same rights in a language."""
    may = user.has_perm
    return _menus(get_language(), tuple(right for right in MENU_RIGHTS if may(right)))


@lru_cache(maxsize=200)
def _menus(language: str | None, rights: tuple[str, ...]) -> Menus:
    return Menus(_Holder(rights))


class Hand:
    """How rows are written for one reader: language and sign of decimals are asked once for a page of them."""

    def __init__(self, menus: Menus, now: datetime) -> None:
        self.menus, self.now = menus, now
        self.language = get_language()
        self.amount = display.amounts()
        self.bars = bars_in(self.language)


class WalletRow:
    """What the template prints for one wallet. No rule here: every number comes annotated."""

    def __init__(self, wallet: Any, hand: Hand) -> None:
        self.wallet, self.hand = wallet, hand
        self.organization = wallet.organization__name
        self.currency = wallet.currency
        self.wallet_id = wallet.wallet_id
        uuid = str(wallet.organization__uuid)
        self.uuid, self.uuid_start = uuid, uuid[:8]
        quoted = quote(wallet.wallet_id, safe="")
        self.page = hand.menus.page_of(uuid, quoted)
        self.menu = hand.menus.of(wallet, uuid, quoted)
        self.balance = self._text(wallet.balance_micros)
        self.unbilled = self._text(wallet.live_unbilled_micros) if wallet.mode == "postpaid" else ""
        self.reserved = self._text(wallet.live_reserved_micros)
        self.mode = _mode(wallet.mode, wallet.scheme, hand.language)
        self.limit = self._text(wallet.effective_limit_micros)
        self.limit_state = wallet.limit_state
        self.usable = self._text(wallet.usable_micros)
        self.is_bad = self.usable and wallet.usable_micros <= 0

    def _text(self, micros: int | None) -> str:
        return "" if micros is None else self.hand.amount(micros, self.currency)

    @cached_property
    def limit_ends(self) -> str:
        """The temporary limit's badge: its end on the viewer's clock and what it falls back to."""
        ends_at = self.wallet.limit_ends_at
        return "" if ends_at is None else display.day_and_time(ends_at, viewer.zone(), self.hand.now)

    @property
    def falls_back_to(self) -> str:
        micros = self.wallet.falls_back_to_micros
        if micros is None:
            return _("unlimited")
        if not micros and self.wallet.permanent_limit_micros is None:
            return _("not set")
        return display.short_amount(micros, self.currency)

    @property
    def use(self) -> SafeString:
        return self.hand.bars.of_wallet(self.wallet)

    @property
    def standing(self) -> SafeString:
        return _badge(self.wallet.standing, self.hand.language)


@cache
def _mode(mode: str, scheme: str, language: str | None) -> str:
    return display.mode_words(mode, scheme)


@cache
def _badge(standing: str, language: str | None) -> SafeString:
    if standing == "works":
        return format_html('<span class="badge-x plain">{}</span>', _("Active"))
    return standing_badge(standing)
