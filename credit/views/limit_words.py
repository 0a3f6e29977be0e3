"""A limit in words: as it is in force, and how a typed amount stands to the permanent one."""

from typing import Any

from django.utils.translation import gettext as _

from credit import display
from credit.actions.limit_plans import Preview
from credit.terms import LimitState


def limit_words(wallet: Any) -> str:
    if wallet.limit_state == LimitState.NOT_SET:
        return _("Not set")
    if wallet.effective_limit_micros is None:
        return _("Unlimited")
    return display.amount(wallet.effective_limit_micros, wallet.currency)


def amount_note(preview: Preview) -> str:
    """How the amount stands to the permanent limit: “+50 over the permanent 100”."""
    wallet, amount = preview.now, preview.plan.amount_micros
    permanent = wallet.permanent_limit_micros
    if amount is None:
        return _("No bound: everything passes until somebody sets an amount.")
    if wallet.limit_unlimited:
        return _("Lower than the permanent limit, which is unlimited.")
    if permanent is None:
        return _("No permanent limit is set.")
    before = display.short_amount(permanent, wallet.currency)
    if amount == permanent:
        return _("The same as the permanent %(before)s.") % {"before": before}
    if amount > permanent:
        return _("%(amount)s over the permanent %(before)s") % {
            "amount": display.short_amount(amount - permanent, wallet.currency, plus=True),
            "before": before,
        }
    return _("%(permanent)s under the permanent %(before)s") % {
        "permanent": display.short_amount(permanent - amount, wallet.currency),
        "before": before,
    }
