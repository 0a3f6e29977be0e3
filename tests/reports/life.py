"""Random but repeatable lives of several customers, with every kind of line, for reports that must add up."""

import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from credit.actions import (
    charges,
    closes,
    corrections,
    credits,
    invoices,
    modes,
    payments,
    reservations,
    statuses,
    transfers,
    wallets,
    withdrawals,
)
from credit.actions.refusals import NotDone
from credit.actors import Actor
from credit.models import Transaction, Wallet
from credit.terms import CHARGES
from organizations.actions import create_organization

FINANCE = Actor.system("Finance")
# Clocks that go back over midnight, that are far apart, and one that never turns.
ZONES = ["Europe/Bratislava", "America/Asuncion", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Beirut"]
WORDS = [
    "",
    "+421 904 118 220; 6 min",
    "Zmluva č. 7 | príloha",
    "a  b",
    '"=1+1"',
    "(17) * !",
    "@ 5 USD",
    "中文 ≤ 3",
]
REFERENCES = ["", "CDR-88213", "2026:11, no. 7", "date:2020-01-01", "[2020-01-01]", "=5 EUR"]
START = datetime(2026, 1, 20, 9, tzinfo=UTC)


class Life:
    """`Life(seed).lived(days)`: two customers with a pair of wallets each in one currency, and one in another."""

    def __init__(self, seed, start=START):
        self.draw = random.Random(seed)
        self.now = start
        self.organizations = [
            create_organization(name=f"Customer {number} of {seed}", time_zone=zone)
            for number, zone in enumerate(self.draw.sample(ZONES, 2))
        ]
        self.wallets = [self._wallet(*pair) for pair in self._kinds()]

    def _kinds(self):
        first, second = self.organizations
        postpaid = {"mode": "postpaid", "limit": "100000"}
        return [
            (first, {"currency": "EUR", "mode": "prepaid", "limit": "100000"}),
            (first, {"currency": "EUR", "scheme": "individual", **postpaid}),
            (second, {"currency": "EUR", "scheme": "consolidated", **postpaid}),
            (second, {"currency": "EUR", "scheme": "none", **postpaid}),
            (second, {"currency": "JPY", "scheme": "consolidated", **postpaid}),
        ]

    def _wallet(self, organization, columns):
        return wallets.create_wallet(organization=organization, by=FINANCE, now=self.now, **columns)

    def lived(self, days, steps=60):
        for _ in range(steps):
            self.now += timedelta(days=days) * self.draw.random() * 2 / steps
            self.step()
        return self

    def step(self):
        wallet = Wallet.objects.select_related("organization").get(pk=self.draw.choice(self.wallets).pk)
        with suppress(NotDone):  # what is refused writes no line
            self.draw.choice(self._verbs(wallet))()

    def _verbs(self, wallet):
        cash = str(self.draw.randrange(1, 400))
        exact = f"{self.draw.randrange(90)}.{self.draw.randrange(10**6):06d}"
        words = {"reference": self.draw.choice(REFERENCES), "description": self.draw.choice(WORDS)}
        who = {"by": FINANCE, "now": self.now}
        because = {"reason": self.draw.choice(WORDS) or "asked for", **who}
        usage = lambda: charges.charge(  # noqa: E731
            wallet=wallet, amount=exact, kind=self.draw.choice(sorted(CHARGES)), **words, **who
        )
        purchase = lambda: charges.charge(wallet=wallet, amount=cash, kind="hardware", **words, **who)  # noqa: E731
        return [
            *[usage] * 8,
            *[purchase] * 2,
            lambda: self._call(wallet, exact, who),
            *[
                lambda: payments.record_payment(
                    wallet=wallet, amount=cash, reference=words["reference"], **who
                )
            ]
            * 2,
            lambda: credits.give_credit(wallet=wallet, amount=cash, **because),
            lambda: credits.take_back_credit(wallet=wallet, amount=cash, confirmed=True, **because),
            lambda: withdrawals.withdraw(wallet=wallet, amount=cash, **because),
            lambda: withdrawals.write_off(wallet=wallet, amount="1.5", **because),
            *[lambda: self._correct(wallet, because)] * 4,
            lambda: self._transfer(wallet, cash, because),
            lambda: self._turn(wallet, who),
            lambda: self._move(wallet, who),
            *[lambda: closes.close(wallet_pks=[one.pk for one in self.wallets], **who)] * 3,
            lambda: invoices.issue(now=self.now),
        ]

    def _call(self, wallet, amount, who):
        reservations.reserve(wallet=wallet, reference="call", amount=amount, kind="call", **who)
        reservations.commit(wallet=wallet, reference="call", **who)

    def _correct(self, wallet, because):
        line = self.draw.choice(list(Transaction.objects.of(wallet).order_by("-sequence")[:12]) or [None])
        if self.draw.random() < 0.5:
            corrections.refund(transaction=line, amount=self.draw.choice([None, "1"]), **because)
        else:
            corrections.reverse(transaction=line, **because)

    def _transfer(self, wallet, amount, because):
        twins = [
            one
            for one in self.wallets
            if (one.organization_id, one.currency) == (wallet.organization_id, wallet.currency)
            and one.pk != wallet.pk
        ]
        transfers.transfer(
            source=wallet, target=self.draw.choice(twins or [wallet]), amount=amount, **because
        )

    def _turn(self, wallet, who):
        to = "postpaid" if wallet.mode == "prepaid" else "prepaid"
        scheme, keep = ("consolidated", None) if to == "postpaid" else ("", True)
        modes.change_mode(wallet=wallet, to=to, scheme=scheme, limit="100000", keep_limit=keep, **who)

    def _move(self, wallet, who):
        statuses.change_time_zone(organization=wallet.organization, time_zone=self.draw.choice(ZONES), **who)
