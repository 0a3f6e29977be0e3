"""One scenario, step by step, through the public actions on a simulated clock."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from credit import money
from credit.actions import (
    charges,
    closes,
    corrections,
    limits,
    payments,
    reservations,
    statuses,
    transfers,
    wallets,
    withdrawals,
)
from credit.actions.outcome import Outcome
from credit.actions.refusals import ConfirmationNeeded, NotDone
from credit.actors import Actor
from credit.filters import matches
from credit.models import CreditLimit, Period, Transaction, Wallet
from organizations.actions import create_organization

FINANCE = Actor.system("Scenario")
DEFAULT_NOW = "2024-01-15T12:00:00Z"
LONG_LIFE = timedelta(days=40)

# The rows' words for the product's codes; a word that stands for several lists them.
REASONS = {
    "insufficient": {"credit_limit_exceeded"},
    "exceeds_reservation": {"reservation_exceeded"},
    "already_closed": {"reservation_closed"},
    "expired": {"reservation_expired"},
    "not_refundable": {"not_found"},
    "not_a_hold": {"not_found"},
    "not_allowed": {"not_allowed_for_mode"},
    "idempotency_conflict": {"key_reused"},
    "closed": {"wallet_closed"},
    "suspended": {"organization_suspended"},
}
STATE = {
    "balance": "balance_micros",
    "available": "usable_micros",
    "reserved": "live_reserved_micros",
    "unbilled": "live_unbilled_micros",
    "due": "due_micros",
    "overpaid": "overpayment_micros",
    "limit": "permanent_limit_micros",
}
KINDS = {None: "call", "usage": "call"}


def instant(text):
    return datetime.fromisoformat(text).astimezone(UTC)


class Replay:
    def __init__(self, scenario):
        self.scenario = scenario
        start = scenario["start"]
        self.now = instant(start.get("now", DEFAULT_NOW))
        self.organization = create_organization(name="Kováč & Søn", time_zone=start.get("tz", "UTC"))
        self.named = {
            name: self._opened({**start, **one}) for name, one in start.get("wallets", {"": {}}).items()
        }
        if start.get("state") == "suspended":
            statuses.suspend(organization=self.organization, reason="test", by=FINANCE, now=self.clock)
        self.lines_at_start = Transaction.objects.count()
        self.limits_at_start = CreditLimit.objects.count()
        self.numbers = 0

    def clock(self):
        return self.now

    def by(self, **more):
        return {"by": FINANCE, "now": self.clock, **more}

    # The start --------------------------------------------------------------------------------------------------

    def _opened(self, start):
        limit = start.get("limit", "0")
        unlimited = limit == "unlimited"
        wallet = wallets.create_wallet(
            organization=self.organization,
            currency=start.get("currency", "EUR"),
            mode=self.scenario["payment_mode"],
            scheme=self._scheme(start),
            limit=None if unlimited else limit,
            unlimited=unlimited,
            **self.by(),
        )
        # What is held counts on top, so that the hold of the start fits.
        balance = Decimal(start.get("balance", "0"))
        for _, _, owed in start.get("invoices", []):
            self._debt(wallet, Decimal(owed), "hardware")
        if balance > 0:
            payments.record_payment(wallet=wallet, amount=balance, **self.by())
        elif balance < 0:
            self._debt(wallet, -balance, "call")
        self._debt(wallet, Decimal(start.get("unbilled", "0")), "call")
        if Decimal(start.get("reserved", "0")):
            reservations.reserve(
                wallet=wallet, reference="start", amount=start["reserved"], life=LONG_LIFE, **self.by()
            )
        return wallet

    def _scheme(self, start):
        if self.scenario["payment_mode"] == "prepaid":
            return ""
        return "individual" if "invoices" in start else start.get("invoice_scheme", "consolidated")

    def _debt(self, wallet, amount, kind):
        if amount:
            charges.charge(wallet=wallet, amount=amount, kind=kind, overrun=True, **self.by())

    # Reading ----------------------------------------------------------------------------------------------------

    def wallet(self, step):
        """The wallet a step names; one that does not exist stays the name it was given."""
        return self.named.get(step.get("wallet", ""), step.get("wallet"))

    def state(self, wallet=None):
        wallet = wallet or next(iter(self.named.values()))
        row = Wallet.objects.at(self.now).get(pk=wallet.pk)
        return {word: getattr(row, column) for word, column in STATE.items()}

    def lines(self):
        return Transaction.objects.count() - self.lines_at_start

    # Steps ------------------------------------------------------------------------------------------------------

    def step(self, step):
        """What came of a step: {"result": …, "reason": …, and whatever the verb itself tells}."""
        if "event_time" in step:
            self.now = max(self.now, instant(step.get("received", step["event_time"])))
        verb = getattr(self, f"do_{step['op']}")
        try:
            told = verb(step)
        except NotDone as refusal:
            return {"result": "rejected", "reason": str(refusal.reason)}
        if isinstance(told, Outcome):
            return self._told_by(told)
        return {"result": "accepted", **(told or {})}

    def _told_by(self, outcome):
        result = "replayed" if outcome.replayed else "accepted" if outcome.accepted else "rejected"
        told = {"result": result, "reason": str(outcome.reason or "")}
        if outcome.accepted:
            told["amount"] = told["taken"] = money.to_text(
                outcome.details.get("granted_micros", outcome.amount_micros) or 0
            )
            told["billed_period"] = f"{self.now:%Y-%m}"
        return told

    def reference(self, step):
        self.numbers += 1
        return step.get("ref", f"unnamed-{self.numbers}")

    def do_charge(self, step):
        if step.get("up_to"):
            return self._take_up_to(step)
        return charges.charge(
            wallet=self.wallet(step),
            amount=step["amount"],
            kind=KINDS.get(step.get("kind"), step.get("kind")),
            key=step.get("idem"),
            currency=step.get("currency"),
            reference=step.get("ref", ""),
            description=step.get("meta", ""),
            occurred_at=instant(step["event_time"]) if "event_time" in step else None,
            **self.by(),
        )

    def _take_up_to(self, step):
        reference = self.reference(step)
        held = self.do_reserve({**step, "ref": reference})
        if held.granted_micros:
            return self.do_commit({"ref": reference})
        return held

    def do_reserve(self, step):
        life = timedelta(seconds=int(step["ttl"])) if "ttl" in step else LONG_LIFE
        return reservations.reserve(
            wallet=self.wallet(step),
            reference=self.reference(step),
            amount=step["amount"],
            life=life,
            up_to=step.get("up_to", False),
            **self.by(),
        )

    def do_commit(self, step):
        more = {name: step[name] for name in ("amount", "final", "overrun") if name in step}
        return reservations.commit(
            wallet=self.wallet(step), reference=step["ref"], key=step.get("idem"), **more, **self.by()
        )

    def do_void(self, step):
        return reservations.release(wallet=self.wallet(step), reference=step["ref"], **self.by())

    def do_refund(self, step):
        line = Transaction.objects.filter(reference=step["ref"]).first()
        return corrections.refund(transaction=line, reason="test", **self.by())

    def do_topup(self, step):
        if step.get("state") == "pending":
            self.pending = step["amount"]  # a promise is written down nowhere in the books
            return {}
        return payments.record_payment(
            wallet=self.wallet(step), amount=step["amount"], key=step.get("idem"), **self.by()
        )

    do_pay = do_topup

    def do_confirm_payment(self, step):
        return self.do_topup({"amount": self.pending})

    def do_settle_debt(self, step):
        wallet = self.wallet(step)
        owed = Wallet.objects.at(self.now).get(pk=wallet.pk).owed_micros
        return withdrawals.write_off(wallet=wallet, amount=money.to_text(owed), reason="settled", **self.by())

    def do_transfer(self, step):
        source, target = self.named[step["wallet"]], self.named[step["to"]]
        return transfers.transfer(
            source=source, target=target, amount=step["amount"], reason="test", **self.by()
        )

    def do_set_limit(self, step):
        days = int(step["temporary_days"]) if "temporary_days" in step else None
        return self._set_limit(step, amount=step["amount"], days=days)

    def do_set_temp_limit(self, step):
        permanent = self.state()["limit"] or 0
        total = money.to_decimal(permanent) + Decimal(step["amount"])
        return self._set_limit(step, amount=total, days=int(step["days"]))

    def _set_limit(self, step, **wanted):
        asked = {"wallet": self.wallet(step), "reason_code": "other", "reason": "test", **wanted, **self.by()}
        try:
            limits.set_limit(**asked)
        except ConfirmationNeeded:
            limits.set_limit(**asked, confirmed=True)

    def do_close_wallet(self, step):
        wallets.close_wallet(wallet=self.wallet(step), reason="test", **self.by())

    def do_reopen_wallet(self, step):
        wallets.reopen_wallet(wallet=self.wallet(step), reason="test", **self.by())

    def do_batch(self, step):
        lines = [
            charges.Line(wallet=self.wallet(item), amount=item["amount"], kind="call")
            for item in step["items"]
        ]
        outcomes = charges.post(lines=lines, atomic=step["atomic"], **self.by())
        return {"result": "accepted" if all(outcome.accepted for outcome in outcomes) else "rejected"}

    def do_parallel(self, step):
        told = [self.step(step["step"]) for _ in range(step["times"])]
        return {"accepted": str(sum(one["result"] == "accepted" for one in told))}

    # The clock and the jobs -------------------------------------------------------------------------------------

    def do_advance_clock(self, step):
        ahead = timedelta(days=int(step.get("days", 0)), seconds=int(step.get("seconds", 0)))
        self.now = instant(step["to"]) if "to" in step else self.now + ahead

    def do_run_scheduler(self, step):
        before = Period.objects.exclude(closed_at=None).count()
        closes.close(wallet_pks=closes.due(self.now, 100), **self.by())
        return {"closed": str(Period.objects.exclude(closed_at=None).count() - before)}

    def do_close_month(self, step):
        wallet = Wallet.objects.get(pk=self.wallet(step).pk)
        over = "period" in step and f"{wallet.period_starts_at:%Y-%m}" > step["period"]
        if not over:
            self.now = max(self.now, wallet.period_ends_at)
        return self.do_run_scheduler(step)

    def do_periods(self, step):
        zone, wallet = ZoneInfo(self.scenario["start"]["tz"]), self.wallet(step)
        for _ in range(int(step["count"])):
            self.do_close_month({})
        starts = wallet.periods.values_list("starts_at", flat=True)
        days = {str(start.astimezone(zone).day) for start in starts}
        assert len(starts) == int(step["count"])
        return {"all_start_on_day": ",".join(sorted(days))}

    # Questions --------------------------------------------------------------------------------------------------

    def do_query(self, step):
        if "ref" in step:
            line = Transaction.objects.get(reference=step["ref"])
            return {"amount": money.to_text(abs(line.amount_micros))}
        return {}

    def do_balance_check(self, step):
        usable = self.state()["available"]
        return {"enough": usable is None or money.to_micros(step["amount"]) <= usable}

    def do_search(self, step):
        wallet = next(iter(self.named.values()))
        words = {
            "name": self.organization.name,
            "uuid": str(self.organization.uuid),
            "wallet_id": wallet.wallet_id,
            "unknown_id": "W-0000-0000",
        }
        return {"count": str(Wallet.objects.filter(matches(words[step["by"]])).count())}

    def do_view(self, step):
        assert step["page"] == "limit_history"
        return {"rows": str(CreditLimit.objects.count() - self.limits_at_start)}

    def do_round(self, step):
        assert step["places"] == str(money.decimals("EUR"))
        return {"value": money.to_text(money.round_to_currency(money.to_micros(step["amount"]), "EUR"))}
