"""What stands around the rows and hangs on address, language and rights alone: drawn once, page after page the same."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from django.conf import settings
from django.http import QueryDict
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from credit import display
from credit.views.chips import chips_for
from credit.views.wallet_list import SORTS, WalletList, address_of

MOST_DRAWN = 500

SEARCHED = "text-that-is-searched-for"  # as in an address, where it needs no other signs

_drawn: dict[Any, dict[str, str]] = {}


@dataclass(frozen=True)
class Rights:
    may_pick: bool
    may_export: bool
    may_add: bool

    @classmethod
    def of(cls, user: Any) -> "Rights":
        return cls(
            may_pick=user.has_perm("credit.set_credit_limit"),
            may_export=user.has_perm("credit.export_wallets"),
            may_add=user.has_perms(["credit.add_wallet", "organizations.add_organization"]),
        )


def frame(wallets: WalletList, rights: Rights, hidden: set[str]) -> dict[str, str]:
    """The words and links that the page of a readable address has, whichever page it is.

    A text that is searched for stands in the links alone: it takes the place of a stand-in, and draws nothing anew.
    """
    searched = wallets.asked.getlist("q")
    if len(searched) != 1:
        return _kept(wallets.asked, wallets.currencies, rights, hidden)
    asked = wallets.asked.copy()
    asked["q"] = SEARCHED
    drawn, text = _kept(asked, wallets.currencies, rights, hidden), quote_plus(searched[0])
    # What is quoted for an address is safe in a page; what is drawn stays drawn and is not escaped.
    return {name: type(part)(part.replace(SEARCHED, text)) for name, part in drawn.items()}


def _kept(asked: QueryDict, currencies: list[str], rights: Rights, hidden: set[str]) -> dict[str, str]:
    address = address_of(asked)
    key = (get_language(), address, tuple(currencies), rights, frozenset(hidden))
    drawn = None if settings.DEBUG else _drawn.get(key)  # another thread may clear it meanwhile
    if drawn is None:
        if len(_drawn) >= MOST_DRAWN:
            _drawn.clear()
        drawn = _drawn[key] = _frame(WalletList(asked), rights, hidden, address)
    return drawn


def _frame(wallets: WalletList, rights: Rights, hidden: set[str], address: str) -> dict[str, str]:
    columns = [_column(wallets, name) for name in SORTS if name not in hidden]
    export = f"{reverse('organizations_export')}?{address.partition('?')[2]}"
    acts = {"rights": rights, "export_url": export}
    chips = {"chips": chips_for(wallets.filter), "icons": static("icons.svg")}
    return {
        "sorted_words": _sorted_words(wallets),
        "acts": render_to_string("organizations/acts.html", acts),
        "heads": render_to_string("organizations/heads.html", {"rights": rights, "columns": columns}),
        "chips": render_to_string("organizations/chips.html", chips),
    }


def _column(wallets: WalletList, name: str) -> dict[str, Any]:
    is_sorted = wallets.sort_name == name
    descending = is_sorted and wallets.descending
    return {
        "name": name,
        "label": SORTS[name].label,
        "css": SORTS[name].css,
        "url": wallets.address(sort=name if descending or not is_sorted else f"-{name}"),
        "aria_sort": ("descending" if descending else "ascending") if is_sorted else "",
    }


def _sorted_words(wallets: WalletList) -> str:
    return f"{display.inside(wallets.sort.label)}, {_('downwards') if wallets.descending else _('upwards')}"
