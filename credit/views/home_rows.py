"""What the home page lists: each thing that needs a person, its first few rows, and where all of them are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credit import display, viewer
from credit.actions import notes, requests
from credit.actors import Actor
from credit.languages import as_written
from credit.reports import overdue, today
from credit.reports.endings import Ending, Endings
from credit.terms import LimitState
from credit.views.request_words import in_words

FIRST_FEW = 3
LONGEST_WORDS = 120


def whole(number: int) -> str:
    """1204 -> "1,204", as the reader writes it."""
    return as_written(f"{number:,}")


@dataclass(frozen=True)
class Row:
    """One thing; the button opens a panel where the person may use it."""

    icon: str
    look: str
    title: str
    url: str
    words: str
    when: str = ""
    button: str = ""
    button_url: str = ""
    opens_panel: bool = True


@dataclass(frozen=True)
class Group:
    """`number` is what is there; `rows` the first few."""

    name: str
    title: str
    number: int
    is_more: bool
    url: str
    rows: list[Row] = field(default_factory=list)

    @property
    def figure(self) -> str:
        text = whole(self.number)
        return _("more than %(number)s") % {"number": text} if self.is_more else text


def page_of(wallet: Any) -> str:
    address = reverse("organization", args=[wallet.organization.uuid])
    return f"{address}?{urlencode({'wallet': wallet.wallet_id})}"


def _panel(name: str, wallet: Any, *more: Any) -> str:
    return f"{reverse(name, args=[wallet.wallet_id, *more])}?{urlencode({'next': reverse('home')})}"


def _list(**asked: Any) -> str:
    return f"{reverse('organizations')}?{urlencode(asked, doseq=True)}"


# --- wallets ----------------------------------------------------------------------------------------------------------


def blocked(counts: today.Standings, found: Sequence[today.Stopped], user: Any, now: datetime) -> Group:
    rows = [_blocked_row(one, user, now) for one in found]
    return Group(
        "blocked",
        _("Blocked now"),
        max(counts.stopped, len(rows)),
        not counts.is_known and bool(rows),
        _list(use="blocked", status=["active", "suspended"]),
        rows,
    )


def _blocked_row(one: today.Stopped, user: Any, now: datetime) -> Row:
    wallet = one.wallet
    words = _("Usable %(usable)s. %(limit)s") % {
        "usable": display.with_code(wallet.usable_micros, wallet.currency),
        "limit": _limit_words(wallet),
    }
    if one.declines:
        declined = ngettext("%(count)s charge declined.", "%(count)s charges declined.", one.declines)
        words = f"{words} {declined % {'count': whole(one.declines)}}"
    since = _since(one.since, now) if one.since else ""
    return Row(
        "stop", "bad", wallet.organization.name, page_of(wallet), words, since, *_may_set_limit(wallet, user)
    )


def _limit_words(wallet: Any) -> str:
    if wallet.limit_state == LimitState.NOT_SET:
        return _("No credit limit is set.")
    return _("The limit of %(limit)s is used up.") % {
        "limit": display.short_amount(wallet.effective_limit_micros, wallet.currency)
    }


def _since(instant: datetime, now: datetime) -> str:
    zone = viewer.zone()
    here = display.local(instant, zone)
    same_day = here.date() == display.local(now, zone).date()
    return _("since %(when)s") % {
        "when": f"{here:%H:%M}" if same_day else display.day_and_time(instant, zone, now)
    }


def _may_set_limit(wallet: Any, user: Any, words: str = "") -> tuple[str, str]:
    if not user.has_perm("credit.set_credit_limit"):
        return "", ""
    return words or _("Set limit"), _panel("set_limit", wallet)


def near(counts: today.Standings, found: Sequence[Any], user: Any) -> Group:
    rows = [_near_row(wallet, user) for wallet in found]
    number = max(counts.near, len(rows))
    return Group("near", _("Near the limit"), number, False, _list(use="near", status="active"), rows)


def _near_row(wallet: Any, user: Any) -> Row:
    words = _("%(percent)s %% of %(limit)s used, usable %(usable)s.") % {
        "percent": wallet.used_percent,
        "limit": display.short_amount(wallet.effective_limit_micros, wallet.currency),
        "usable": display.with_code(wallet.usable_micros, wallet.currency),
    }
    return Row(
        "alert", "", wallet.organization.name, page_of(wallet), words, "", *_may_set_limit(wallet, user)
    )


def endings(found: Endings, user: Any, now: datetime, is_more: bool) -> Group:
    rows = [ending_row(one, user, now) for one in found.found[:FIRST_FEW]]
    return Group(
        "endings",
        _("Blocked when a temporary limit ends"),
        len(found.found),
        is_more,
        reverse("blocked_soon"),
        rows,
    )


def ending_row(one: Ending, user: Any, now: datetime) -> Row:
    wallet = one.wallet
    words = _("Temporary limit ends %(when)s, then usable %(usable)s.") % {
        "when": display.weekday_and_time(one.at, viewer.zone(), now),
        "usable": display.with_code(one.usable_micros, wallet.currency),
    }
    days = (display.local(one.at, viewer.zone()).date() - display.local(now, viewer.zone()).date()).days
    soon = _("today") if not days else ngettext("in %(days)s day", "in %(days)s days", days) % {"days": days}
    button = _may_set_limit(wallet, user, _("Extend"))
    return Row("clock", "", wallet.organization.name, page_of(wallet), words, soon, *button)


# --- what somebody decides --------------------------------------------------------------------------------------------


def asked_for(by: Actor, now: datetime) -> Group:
    waiting = requests.waiting_for(by, now)
    first = waiting.select_related("wallet__organization")[: today.MOST + 1]
    rows = [_request_row(request, now) for request in first[:FIRST_FEW]]
    number = len(rows) if len(rows) < FIRST_FEW else today.many(waiting).number
    return Group(
        "requests",
        _("Requests for you to decide"),
        min(number, today.MOST),
        number > today.MOST,
        reverse("requests"),
        rows,
    )


def _request_row(request: Any, now: datetime) -> Row:
    wallet = request.wallet
    words = _("%(name)s asks: %(what)s.") % {"name": request.by_name, "what": in_words(request)}
    if request.reason:
        words = f"{words} “{request.reason}”"
    url = reverse("request", args=[request.pk])
    since = _since(request.asked_at, now)
    return Row("inbox", "", wallet.organization.name, url, words, since, _("Decide"), url, False)


def promises(now: datetime, user: Any) -> Group:
    """What comes back today, and what was missed."""
    due = notes.due(now)
    rows = [_promise_row(note, notes.today(now), user) for note in due[:FIRST_FEW]]
    number = len(rows) if len(rows) < FIRST_FEW else today.many(due).number
    shown = min(number, today.MOST)
    return Group("promises", _("Promises due or missed"), shown, number > shown, reverse("promises"), rows)


def _promise_row(note: Any, day: date, user: Any) -> Row:
    days = (day - note.comes_back_on).days
    late = ngettext("%(days)s day late", "%(days)s days late", days) % {"days": days}
    when = late if days else _("due today")
    url = f"{page_of(note.wallet)}#notes"
    button = ("", "")
    if user.has_perm("credit.write_notes"):
        button = (_("Follow up"), _panel("settle_note", note.wallet, note.pk))
    return Row("flag", "", note.organization.name, url, _promise_words(note), when, *button)


def _promise_words(note: Any) -> str:
    if note.promised_on is None:
        return note.text[:LONGEST_WORDS]
    code = note.wallet.currency
    what = display.with_code(note.promised_micros, code) if note.promised_micros else _("a payment")
    words = _("Promised by %(day)s: %(what)s.") % {"day": display.day(note.promised_on), "what": what}
    if note.paid_micros:
        return f"{words} " + _("%(amount)s received since.") % {
            "amount": display.with_code(note.paid_micros, code)
        }
    return f"{words} " + _("Nothing received yet.")


def spending(now: datetime, user: Any) -> Group:
    found = today.overdue_and_spending(now, FIRST_FEW)
    address = f"{reverse('receivables')}?list=spending"
    there = overdue.today(now)
    rows = [_spending_row(debt, there, user) for debt in found.rows]
    return Group("overdue", _("Overdue and still spending"), found.number, found.is_more, address, rows)


def _spending_row(debt: today.Debt, there: overdue.Today, user: Any) -> Row:
    wallet = debt.wallet
    days = (there.of(wallet.time_zone) - debt.oldest_due_on).days
    late = ngettext("%(days)s day late", "%(days)s days late", days) % {"days": days}
    amount = display.with_code(debt.overdue_micros, wallet.currency)
    words = _("%(amount)s overdue, and charged since.") % {"amount": amount}
    button = ("", "")
    if user.has_perm("credit.record_payment"):
        button = (_("Add payment"), _panel("add_payment", wallet))
    return Row("coin", "", wallet.organization.name, page_of(wallet), words, late, *button)


def drafts() -> Group:
    found = today.drafts()
    review = settings.CREDIT_INVOICE_REVIEW_HOURS
    title = _("Drafts under review") if review else _("Drafts held back")
    return Group("drafts", title, found.shown, found.is_more, f"{reverse('invoices')}?state=draft")


# --- the portal itself ------------------------------------------------------------------------------------------------


def differences(number: int) -> Group:
    """Any wallet that disagrees with its ledger."""
    shown = min(number, today.MOST)
    return Group("differences", _("Differences found"), shown, number > shown, f"{reverse('jobs')}#h-di")


def jobs(troubled: Sequence[Any]) -> Group:
    rows = [
        Row("alert", "bad" if job.run and job.run.error else "", job.name, reverse("jobs"), _job_words(job))
        for job in troubled[:FIRST_FEW]
    ]
    return Group("jobs", _("Jobs late or failed"), len(troubled), False, reverse("jobs"), rows)


def _job_words(job: Any) -> str:
    if job.run and job.run.error:
        return _("Failed: %(error)s") % {"error": job.run.error[:120]}
    if job.run is None:
        return _("Has not run yet, though others have.")
    at = display.day_and_time(job.run.started_at, viewer.zone())
    return _("Late: it ran last at %(when)s.") % {"when": at}
