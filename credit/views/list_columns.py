"""Which columns of the list of wallets a person may leave out. Who it is and what can be spent always stand there."""

from django.utils.translation import gettext_lazy as _

from credit import viewer

CHOOSABLE = {
    "balance": _("Balance"),
    "unbilled": _("Unbilled"),
    "reserved": _("Reserved"),
    "limit": _("Credit limit"),
    "used": _("Used"),
    "status": _("Status"),
}


def words_of(name: str) -> str:
    return str(CHOOSABLE[name])


def hidden_columns(sorted_by: str = "") -> set[str]:
    """What the viewer does not want to see; the column that the list is sorted by is shown all the same."""
    return (set(viewer.preferences().hidden_columns) & set(CHOOSABLE)) - {sorted_by}
