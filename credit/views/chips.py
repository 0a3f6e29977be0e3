"""The filter chips: each filter always visible in one order, its words are the filter, every choice is a link."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from credit.filters import WalletFilter

CONTROLS = {"q", "sort", "after", "before"}
NAMED_AT_ONCE = 2

Filtered = Callable[[], WalletFilter]

_OFFERED = {
    name: {value for value, _label in one.extra["choices"]} for name, one in WalletFilter.base_filters.items()
}


def known_names(asked: QueryDict) -> set[str]:
    return set(asked) & (CONTROLS | set(WalletFilter.base_filters))


def problems(asked: QueryDict, sorts: list[str], currencies: list[str], filtered: Filtered) -> list[str]:
    """Everything in the address that the list cannot do. With one of these it lists nothing.

    `filtered` makes the filters; an address whose every value is offered needs no form to be found readable.
    """
    found = [
        _("“%(name)s” is not a filter of this list.") % {"name": name}
        for name in asked
        if name not in known_names(asked)
    ]
    if asked.get("sort", "").removeprefix("-") not in [*sorts, ""]:
        found.append(
            _("Sorting by “%(sort)s” is not possible. Choose the head of a column.") % {"sort": asked["sort"]}
        )
    if _is_offered(asked, currencies):
        return found
    wallets = filtered()
    return found + [_unreadable(wallets, name) for name in wallets.form.errors]


def _is_offered(asked: QueryDict, currencies: list[str]) -> bool:
    offered = {**_OFFERED, "currency": set(currencies)}
    return all(offered[name].issuperset(asked.getlist(name)) for name in offered if name in asked)


def _unreadable(wallets: WalletFilter, name: str) -> str:
    choices = dict(_choices(wallets, name))
    wrong = ", ".join(f"“{value}”" for value in wallets.data.getlist(name) if value not in choices)
    label = wallets.filters[name].label
    return _("%(label)s: %(wrong)s is not one of %(values)s.") % {
        "label": label,
        "wrong": wrong,
        "values": ", ".join(choices.values()),
    }


def chips_for(wallets: WalletFilter) -> list[dict[str, Any]]:
    return [_chip(wallets, name) for name in wallets.filters]


def _choices(wallets: WalletFilter, name: str) -> list[tuple[str, str]]:
    in_lower_case = name in ("mode", "scheme")
    choices = wallets.filters[name].extra["choices"]
    return [(value, label.lower() if in_lower_case else str(label)) for value, label in choices]


def _chip(wallets: WalletFilter, name: str) -> dict[str, Any]:
    chosen = wallets.data.getlist(name)
    choices = _choices(wallets, name)
    return {
        "name": name,
        "label": wallets.filters[name].label,
        "words": _words([dict(choices).get(value, value) for value in chosen]) if chosen else "",
        "without_url": _address(wallets.data, name, []),
        "choices": [
            {
                "words": label,
                "is_chosen": value in chosen,
                "url": _address(wallets.data, name, _toggled(chosen, value)),
            }
            for value, label in choices
        ],
    }


def _toggled(chosen: list[str], value: str) -> list[str]:
    return [one for one in chosen if one != value] if value in chosen else [*chosen, value]


def _words(labels: list[str]) -> str:
    """“active or suspended”; “EUR and 5 more”."""
    if len(labels) > NAMED_AT_ONCE:
        return _("%(labels)s and %(labels2)s more") % {"labels": labels[0], "labels2": len(labels) - 1}
    return _(" or ").join(labels)


def _address(asked: QueryDict, name: str, values: list[str]) -> str:
    kept = {key: found for key, found in asked.lists() if key not in ("after", "before")}
    return f"?{urlencode({**kept, name: values}, doseq=True)}"
