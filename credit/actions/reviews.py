"""Looking at a permanent limit again: when it is due, and "reviewed, keep"."""

from datetime import date

from credit.actions.books import Now, opened
from credit.actions.changes import refuse_if_changed
from credit.actions.limit_plans import parse_review
from credit.actions.reasons import parse_reason
from credit.actions.refusals import Refused, require
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import Change, CreditLimit, LimitSlot, Wallet
from credit.terms import Reason


def keep(
    *,
    wallet: Wallet,
    review_on: date | None = None,
    reason_code: str = "",
    reason: str = "",
    version: int | None = None,
    by: Actor,
    now: Now,
) -> CreditLimit:
    """Reviewed, and the permanent limit stays as it is until it is looked at again (`review_on`, or the usual months).

    BadInput(review_on) for a day that is not ahead; Refused(not_found | changed_meanwhile).
    """
    require(by, "credit.set_credit_limit", "review a credit limit")
    code, words = parse_reason(reason_code, reason, by)
    with opened([wallet.pk], by=by, now=now) as books:
        account = books[wallet]
        refuse_if_changed(account, version)
        open_one = CreditLimit.objects.open().filter(wallet=account.wallet, slot=LimitSlot.PERMANENT).first()
        if open_one is None:
            raise Refused(Reason.NOT_FOUND, _("There is no permanent limit to review. Look at the history."))
        before = {"review_on": str(open_one.review_on or "")}
        open_one.review_on = parse_review(review_on, account.wallet.time_zone, account.at)
        open_one.reviewed_at, open_one.reviewed_by_name = account.at, by.name
        open_one.save(update_fields=["review_on", "reviewed_at", "reviewed_by_name"])
        books.add(
            Change(
                organization_id=account.wallet.organization_id,
                wallet=account.wallet,
                at=account.at,
                verb="review_limit",
                reason_code=code,
                reason=words,
                before=before,
                after={"review_on": str(open_one.review_on)},
                **by.signature(),
            )
        )
    return open_one
