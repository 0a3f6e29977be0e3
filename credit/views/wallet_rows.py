"""One wallet as the list and the export show it: numbers of the rule turned into text, once, before the template."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from django.db import connections
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from credit import display, viewer
from credit.copies import among
from credit.models import Wallet
from credit.templatetags.portal import standing_badge
from credit.usage_bar import usage_bar

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
    "organization__name",
    "organization__uuid",
)


def numbers(pks: list[int], now: datetime) -> list[SimpleNamespace]:
    """What the list shows of these wallets at an instant, in the same order."""
    using = Wallet.objects.all().db
    read = _read_at_once if connections[using].vendor == "postgresql" else _read
    found = {row["id"]: SimpleNamespace(**row) for row in read(pks, now, using)}
    return [found[pk] for pk in pks if pk in found]


def _read(pks: list[int], now: datetime, using: str) -> Iterable[dict[str, Any]]:
    return _asked(pks, now, using)


def _asked(pks: list[int], now: datetime, using: str) -> Any:
    wallets = Wallet.objects.using(using).at(now, *SHOWN).filter(pk__in=among(pks, using))
    return wallets.order_by().values(*COLUMNS, *SHOWN)


def _read_at_once(pks: list[int], now: datetime, using: str) -> Iterable[dict[str, Any]]:
    """PostgreSQL gives values as they are; Django and the driver took longer over the long text than the server."""
    text = _statement(using).format(
        now=f"'{now.isoformat()}'::timestamptz", pks=", ".join(map(str, map(int, pks)))
    )
    with connections[using].cursor() as cursor:
        cursor.execute(text)
        return [dict(zip((*COLUMNS, *SHOWN), row, strict=True)) for row in cursor.fetchall()]


@cache
def _statement(using: str) -> str:
    """With `{now}` and `{pks}` where the instant and the wallets go."""
    no_instant = datetime(1, 1, 1, tzinfo=UTC)
    text, params = _asked([], no_instant, using).query.get_compiler(using).as_sql()
    places = ["'{{{pks}}}'" if param == [] else "{now}" for param in params]
    assert all(param in ([], no_instant) for param in params), "the rule writes its own constants"
    return str(text % tuple(places))


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
    return _menus(get_language(), tuple(right for right in MENU_RIGHTS if user.has_perm(right)))


@lru_cache(maxsize=200)
def _menus(language: str | None, rights: tuple[str, ...]) -> Menus:
    return Menus(_Holder(rights))


class WalletRow:
    """What the template prints for one wallet. No rule here: every number comes annotated."""

    def __init__(self, wallet: Any, menus: Menus, now: datetime) -> None:
        self.wallet = wallet
        self.organization = wallet.organization__name
        self.currency = wallet.currency
        self.now = now
        self.wallet_id = wallet.wallet_id
        uuid = str(wallet.organization__uuid)
        self.uuid, self.uuid_start = uuid, uuid[:8]
        quoted = quote(wallet.wallet_id, safe="")
        self.page = menus.page_of(uuid, quoted)
        self.menu = menus.of(wallet, uuid, quoted)
        self.balance = self._text(wallet.balance_micros)
        self.unbilled = self._text(wallet.live_unbilled_micros) if wallet.mode == "postpaid" else ""
        self.reserved = self._text(wallet.live_reserved_micros)
        self.mode = display.mode_words(wallet.mode, wallet.scheme)
        self.usable = self._text(wallet.usable_micros)
        self.is_bad = self.usable and wallet.usable_micros <= 0

    def _text(self, micros: int | None) -> str:
        return "" if micros is None else display.amount(micros, self.currency)

    @property
    def limit(self) -> str:
        return self._text(self.wallet.effective_limit_micros)

    @property
    def limit_state(self) -> str:
        return self.wallet.limit_state

    @cached_property
    def limit_ends(self) -> str:
        """The temporary limit's badge: its end on the viewer's clock and what it falls back to."""
        ends_at = self.wallet.limit_ends_at
        return "" if ends_at is None else display.day_and_time(ends_at, viewer.zone(), self.now)

    @property
    def falls_back_to(self) -> str:
        micros = self.wallet.falls_back_to_micros
        return _("unlimited") if micros is None else display.short_amount(micros, self.currency)

    @property
    def use(self) -> SafeString:
        return usage_bar(self.wallet)

    @property
    def standing(self) -> SafeString:
        return _badge(self.wallet.standing, get_language())


@cache
def _badge(standing: str, language: str | None) -> SafeString:
    if standing == "works":
        return format_html('<span class="badge-x plain">{}</span>', _("Active"))
    return standing_badge(standing)
