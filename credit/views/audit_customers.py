"""Whose entries of the audit trail a typed text means: one wallet's, one organization's, or those of a few by name."""

import uuid

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _

from credit.filters import matches
from credit.models import Wallet

MOST_CUSTOMERS, MOST_WALLETS = 200, 500


def entries_of(text: str) -> Q:
    """Of one wallet where a whole Wallet ID was typed, else of every organization that the text finds."""
    wallet = Wallet.objects.filter(wallet_id__in={text, text.upper()}).first()
    if wallet:
        return Q(wallet=wallet)
    organization = _uuid(text)
    if organization:
        return Q(organization__uuid=organization)
    found = Wallet.objects.filter(matches(text)).order_by().values_list("organization_id", flat=True)
    pks = set(found[:MOST_WALLETS])
    if (
        len(pks) <= MOST_CUSTOMERS and found[MOST_WALLETS : MOST_WALLETS + 1]
    ):  # few customers with many wallets
        pks = set(found.distinct()[: MOST_CUSTOMERS + 1])
    if len(pks) > MOST_CUSTOMERS:
        raise forms.ValidationError(
            _("More than %(count)s customers match. Type more of the name.") % {"count": MOST_CUSTOMERS}
        )
    return Q(organization__in=pks)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
