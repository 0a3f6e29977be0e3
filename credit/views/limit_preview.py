"""The preview of a limit: the rule's numbers at three instants in columns, and the worst of them in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit import display, viewer
from credit.actions.limit_plans import Preview
from credit.models import LimitSlot
from credit.terms import LimitState, PaymentMode, Standing
from credit.views.limit_words import amount_note, limit_words

UNTOUCHED = gettext_lazy("Calls in progress finish, payments still work, nothing already charged is touched.")
PREPAID_PARTS = [
    ("", gettext_lazy("Balance"), "balance_micros"),
    ("−", gettext_lazy("Reserved"), "live_reserved_micros"),
]
POSTPAID_PARTS = [
    ("−", gettext_lazy("Unbilled"), "live_unbilled_micros"),
    ("+", gettext_lazy("Overpayment"), "overpayment_micros"),
    ("−", gettext_lazy("Reserved"), "live_reserved_micros"),
]


@dataclass(frozen=True)
class Column:
    title: str
    under: str
    wallet: Any
    is_after: bool = False


@dataclass(frozen=True)
class Line:
    op: str
    label: str
    cells: list[tuple[str, Column]]
    is_limit: bool = False


@dataclass(frozen=True)
class Note:
    look: str
    icon: str
    lead: str
    rest: str = ""


@dataclass(frozen=True)
class Shown:
    """All that the preview prints."""

    columns: list[Column]
    lines: list[Line]
    notes: list[Note]
    amount_note: str = ""
    ends_note: Note | None = None
    harm: Note | None = None
    consent_words: str = ""
    button: str = gettext_lazy("Save changes")


def standing_only(wallet: Any, now: datetime) -> Shown:
    """Before an amount is typed: what holds now."""
    columns = [Column(_("Now"), _clock(now, wallet.time_zone), wallet)]
    return Shown(columns, _lines(columns), _standing_notes(wallet))


def shown(preview: Preview, now: datetime) -> Shown:
    columns = _columns(preview, now)
    harm = _harm(preview) if preview.plan.harms else None
    blocks = harm is not None and preview.after_saving.standing == Standing.BLOCKED
    return Shown(
        columns,
        _lines(columns),
        notes=_notes(preview, harm),
        amount_note=amount_note(preview),
        ends_note=_ends_note(preview),
        harm=harm,
        consent_words=_consent(preview, blocks),
        button=(_("Lower and block") if blocks else _("Lower the limit")) if harm else _("Save changes"),
    )


def without_it(wallet: Any, after: Any, now: datetime) -> Shown:
    """What holds when a limit is taken away."""
    columns = [
        Column(_("Now"), _clock(now, wallet.time_zone), wallet),
        Column(_("After saving"), _("at once"), after, is_after=True),
    ]
    if after.usable_micros is None or after.usable_micros > 0:
        return Shown(columns, _lines(columns), _standing_notes(after, after=True))
    was = wallet.usable_micros is not None and wallet.usable_micros <= 0
    lead = _("The customer stays blocked.") if was else _("This blocks the customer at once.")
    harm = Note(
        "danger",
        "stop",
        lead,
        _("%(cure)s Payments still work, nothing already charged is touched.") % {"cure": _cure(after)},
    )
    consent = _("Yes, and leave this customer blocked") if was else _("Yes, and block this customer")
    button = _("Save, blocked") if was else _("Save and block")
    return Shown(columns, _lines(columns), [], harm=harm, consent_words=consent, button=button)


def _clock(instant: datetime, zone: str) -> str:
    """By the customer's clock, as the column beside it; its place is named where the viewer's says otherwise."""
    time = f"{display.local(instant, zone):%H:%M}"
    if not display.for_you(instant, zone, viewer.zone()):
        return time
    return _("%(time)s in %(place)s") % {"time": time, "place": display.place(zone)}


def _columns(preview: Preview, now: datetime) -> list[Column]:
    columns = [
        Column(_("Now"), _clock(now, preview.now.time_zone), preview.now),
        Column(*_after_title(preview), preview.after_saving, is_after=True),
    ]
    if preview.next_instant:
        zone = preview.now.time_zone
        when = display.weekday_and_time(preview.next_instant, zone, now)
        columns.append(Column(_next_title(preview), when, preview.after_it_ends))
    return columns


def _after_title(preview: Preview) -> tuple[str, str]:
    """What is above somebody's authority saves a request, and changes nothing by that."""
    if preview.beyond:
        return _("If approved"), _("not before")
    return _("After saving"), _("at once")


def _next_title(preview: Preview) -> str:
    """What the clock does at the next instant that changes the answer."""
    after, at = preview.after_saving, preview.next_instant
    if preview.plan.slot == LimitSlot.SCHEDULED and at == preview.plan.starts_at:
        return _("When it starts")
    if preview.plan.slot == LimitSlot.TEMPORARY and at == preview.plan.ends_at:
        return _("After it ends")
    if at == after.scheduled_starts_at:
        return _("Scheduled one starts")
    return _("After the temporary") if at == after.temporary_ends_at else _("New month")


# -- the table


def _lines(columns: list[Column]) -> list[Line]:
    if columns[0].wallet.mode == PaymentMode.PREPAID:
        return [*_parts(PREPAID_PARTS, columns), _limit_line("+", columns)]
    return [_limit_line("", columns), *_parts(POSTPAID_PARTS, columns)]


def _parts(parts: list[tuple[str, str, str]], columns: list[Column]) -> list[Line]:
    return [
        Line(op, label, [(_part(column, name), column) for column in columns]) for op, label, name in parts
    ]


def _part(column: Column, name: str) -> str:
    return display.amount(getattr(column.wallet, name), column.wallet.currency)


def _limit_line(op: str, columns: list[Column]) -> Line:
    cells = [(limit_words(column.wallet), column) for column in columns]
    return Line(op, _("Credit limit"), cells, is_limit=True)


# -- the words


def _ends_note(preview: Preview) -> Note | None:
    """How long it lasts: the instant of expiry in words, the viewer's reading of it, and what holds then."""
    plan, wallet = preview.plan, preview.now
    if plan.ends_at is None:
        return _permanent_note(preview) if plan.slot == LimitSlot.PERMANENT else None
    when = display.date_in_words(plan.ends_at, wallet.time_zone)
    lead = _("Ends by itself on %(when)s in %(place)s") % {
        "when": when,
        "place": display.place(wallet.time_zone),
    }
    zone_name = display.local(plan.ends_at, wallet.time_zone).tzname()
    yours = display.for_you(plan.ends_at, wallet.time_zone, viewer.zone())
    starts = _("Starts now.")
    if plan.slot == LimitSlot.SCHEDULED:
        starts = _("Starts on %(in_words)s.") % {
            "in_words": display.in_words(plan.starts_at, wallet.time_zone)
        }
    rest = _(" (%(zone_name)s)%(yours)s. Then %(then)s %(starts)s") % {
        "zone_name": zone_name,
        "yours": yours,
        "then": _then(preview),
        "starts": starts,
    }
    return Note("temp", "clock", lead, rest)


def _permanent_note(preview: Preview) -> Note:
    lead, rest = _("Permanent:"), _(" it holds until somebody changes it.")
    running = _running(preview.now) if preview.ends_running else ""
    if not running:
        return Note("", "", lead, rest)
    ended = _(" The temporary limit of %(running)s ends at once.") % {"running": running}
    return Note("warn", "alert", lead, rest + ended)


def _then(preview: Preview) -> str:
    wallet = preview.now
    if wallet.limit_unlimited:
        return _("unlimited again.")
    if wallet.permanent_limit_micros is None:
        return _("no limit is set again.")
    return _("%(permanent_limit)s again.") % {
        "permanent_limit": display.with_code(wallet.permanent_limit_micros, wallet.currency)
    }


def _harm(preview: Preview) -> Note:
    after = preview.after_saving
    if after.standing == Standing.BLOCKED:
        was = preview.now.standing == Standing.BLOCKED
        lead = _("The customer stays blocked.") if was else _("This blocks the customer at once.")
    else:
        lead = _("This lowers what the customer may spend.")
    look, icon = ("danger", "stop") if after.standing == Standing.BLOCKED else ("warn", "alert")
    said = [_below_permanent(preview), _below_use(preview), str(UNTOUCHED)]
    return Note(look, icon, lead, " ".join(sentence for sentence in said if sentence))


def _below_permanent(preview: Preview) -> str:
    wallet, plan = preview.now, preview.plan
    if plan.slot == LimitSlot.PERMANENT or plan.amount_micros is None:
        return ""
    if wallet.limit_unlimited:
        return _("The permanent limit is unlimited; this one stands below it while it runs.")
    if plan.amount_micros >= (wallet.permanent_limit_micros or 0):
        return ""
    permanent = display.with_code(wallet.permanent_limit_micros, wallet.currency)
    return _("It is below the permanent limit of %(permanent)s while it runs.") % {"permanent": permanent}


def _below_use(preview: Preview) -> str:
    """What is used already, how far it is over the new limit, and what heals it."""
    after, amount = preview.after_saving, preview.plan.amount_micros
    over = after.used_micros - (amount or 0)
    if amount is None or over <= 0:
        return ""
    used, more = (display.with_code(micros, after.currency) for micros in (after.used_micros, over))
    if after.mode == PaymentMode.POSTPAID and after.period_ends_at:
        reset = display.weekday_and_time(after.period_ends_at, after.time_zone)
        heals = _("the month resets on %(reset)s in %(place)s") % {
            "reset": reset,
            "place": display.place(after.time_zone),
        }
    else:
        heals = _("more than %(more)s is paid") % {"more": more}
    return _(
        "%(used)s is already used, %(more)s more than the new limit. New calls and messages are declined until "
        "%(heals)s."
    ) % {"used": used, "more": more, "heals": heals}


def _consent(preview: Preview, blocks: bool) -> str:
    amount = preview.plan.amount_micros
    if not preview.plan.harms or amount is None:
        return ""
    total = display.with_code(amount, preview.now.currency)
    blocked = preview.now.standing == Standing.BLOCKED
    rest = (
        (_(" and leave this customer blocked") if blocked else _(" and block this customer"))
        if blocks
        else ""
    )
    return _("Yes, lower it to %(total)s%(rest)s") % {"total": total, "rest": rest}


def _notes(preview: Preview, harm: Note | None) -> list[Note]:
    notes = _what_else_changes(preview)
    if harm is None:
        notes += _standing_notes(preview.after_saving, after=True)
    return notes + _later(preview)


def _what_else_changes(preview: Preview) -> list[Note]:
    notes = []
    wallet = preview.now
    running = _running(wallet)
    if preview.plan.slot == LimitSlot.TEMPORARY and running:
        rest = _(" of %(running)s. It does not come back.") % {"running": running}
        notes.append(Note("temp", "clock", _("This replaces the running temporary limit"), rest))
    after = preview.after_saving
    if preview.leaves_scheduled:
        notes.append(Note("temp", "clock", _("The scheduled limit stays:"), f" {_scheduled(after)}."))
    return notes


def _running(wallet: Any) -> str:
    if wallet.limit_state != LimitState.TEMPORARY:
        return ""
    return display.with_code(wallet.effective_limit_micros, wallet.currency)


def _scheduled(wallet: Any) -> str:
    amount = display.with_code(wallet.scheduled_limit_micros, wallet.currency)
    return _("%(amount)s from %(weekday_and_time)s") % {
        "amount": amount,
        "weekday_and_time": display.weekday_and_time(wallet.scheduled_starts_at, wallet.time_zone),
    }


def _standing_notes(wallet: Any, after: bool = False) -> list[Note]:
    if wallet.standing == Standing.SUSPENDED:
        rest = _(" Nothing can be charged, whatever the limit is.")
        return [Note("warn", "pause", _("The organization is suspended."), rest)]
    if wallet.standing != Standing.BLOCKED:
        return []
    lead = _("The customer is still blocked after saving.") if after else _("The customer is blocked now.")
    return [Note("danger", "stop", lead, f" {_cure(wallet)}")]


def _cure(wallet: Any) -> str:
    used = display.with_code(wallet.used_micros, wallet.currency)
    return _("%(used)s is used. A limit above %(used)s lets it work again.") % {"used": used}


def _later(preview: Preview) -> list[Note]:
    """The worst that the clock alone will do, with its instant and the cure."""
    later, after = preview.after_it_ends, preview.after_saving
    if later is None or after.standing in (Standing.BLOCKED, Standing.SUSPENDED):
        return []
    when = display.weekday_and_time(preview.next_instant, later.time_zone)
    if later.standing == Standing.BLOCKED:
        due = display.with_code(-later.usable_micros, later.currency)
        paid = (
            _("something is paid")
            if later.usable_micros == 0
            else _("more than %(due)s is paid") % {"due": due}
        )
        return [
            Note(
                "danger",
                "stop",
                _("The customer is blocked on %(when)s") % {"when": when},
                _(" until %(paid)s or the limit is raised.") % {"paid": paid},
            )
        ]
    return _if_all_is_used(preview, when)


def _if_all_is_used(preview: Preview, when: str) -> list[Note]:
    plan, later = preview.plan, preview.after_it_ends
    if plan.slot != LimitSlot.TEMPORARY or later.effective_limit_micros is None:
        return []
    more = plan.amount_micros - later.effective_limit_micros
    if later.mode != PaymentMode.PREPAID or more <= 0:
        return []
    total = display.amount(plan.amount_micros, later.currency)
    cure = _(" until more than %(more)s is paid.") % {"more": display.with_code(more, later.currency)}
    return [
        Note(
            "warn",
            "alert",
            _("If all %(total)s is used by then, the customer is blocked on %(when)s")
            % {"total": total, "when": when},
            cure,
        )
    ]
