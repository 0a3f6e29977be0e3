"""The locked wallets of one database transaction, settled to an instant, and all that will be written with them."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from credit.actions import allocating, trail
from credit.actions.outcome import Outcome
from credit.actions.refusals import BadInput
from credit.actions.settling import settle
from credit.actions.writing import insert_rows, update_rows
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import Invoice, InvoiceLine, Transaction, Wallet
from credit.money import LARGEST_WALLET_MICROS
from credit.terms import Reason

Now = datetime | Callable[[], datetime]

PARTS = (
    "effective_limit_micros",
    "live_unbilled_micros",
    "live_closing_micros",
    "live_reserved_micros",
    "overpayment_micros",
    "due_micros",
    "owed_micros",
    "own_money_micros",
    "usable_micros",
    "standing",
)
_STATE = [
    field.attname
    for field in Wallet._meta.concrete_fields
    if field.name not in ("id", "organization", "wallet_id", "currency", "created_at")
]


class Account:
    """One locked wallet: its row as it will be written, and what the rule says about it."""

    def __init__(self, wallet: Wallet, at: datetime, books: "Books"):
        self.wallet = wallet
        self.at = at
        self.books = books
        self._written = self._state()
        self._answer: dict[str, Any] | None = None
        self._usable: int | None = None
        self._knows_usable = False
        self._waiting: list[Outcome] = []
        books.touched.add(self)
        self.ended_periods = settle(wallet, at)
        wallet.latest_at = at

    # -- asking

    @property
    def rule(self) -> dict[str, Any]:
        """The rule's numbers for the row as it stands after all that was posted so far."""
        if self._answer is None:
            self.books.ask_all_parts()
        assert self._answer is not None
        return self._answer

    @property
    def usable(self) -> int | None:
        """Micros; None is unlimited."""
        if not self._knows_usable:
            self.books.ask_usable([self])
        return self._usable

    @property
    def current_balance(self) -> int:
        return self.wallet.balance_micros - self.wallet.closing_micros - self.wallet.unbilled_micros

    def tell_usable(self, outcome: Outcome) -> None:
        """Puts usable credit on an outcome: now where it is known, else with the next question to the rule."""
        self._waiting.append(outcome)
        if self._knows_usable:
            self._tell()

    def _tell(self) -> None:
        for outcome in self._waiting:
            outcome.usable_micros, outcome.unlimited = self._usable, self._usable is None
        self._waiting.clear()

    def covers(self, micros: int) -> bool:
        return self.usable is None or micros <= self.usable

    def breakdown(self) -> dict[str, Any]:
        """The formula's parts at this instant, for a decline."""
        parts = {name: self.rule[name] for name in PARTS}
        return {
            "mode": self.wallet.mode,
            "at": self.at.isoformat(),
            "balance_micros": self.wallet.balance_micros,
            **parts,
        }

    def refuse_beyond_bounds(self, *, balance: int = 0, unbilled: int = 0, reserved: int = 0) -> None:
        wallet = self.wallet
        total = (
            abs(wallet.balance_micros + balance)
            + abs(wallet.closing_micros)
            + abs(wallet.unbilled_micros + unbilled)
            + wallet.reserved_micros
            + reserved
        )
        if total > LARGEST_WALLET_MICROS:
            message = _("Amount would carry the wallet beyond 1,800,000,000,000. Type a smaller one.")
            raise BadInput("amount", message, Reason.INVALID_AMOUNT)

    # -- writing

    def post(self, kind: str, micros: int, *, counted: bool = False, **details: Any) -> Transaction:
        """One ledger line; `micros` is signed, what it does to the current balance."""
        if self._waiting:
            self.books.ask_usable([self])
        wallet = self.wallet
        wallet.last_sequence += 1
        if counted:
            wallet.unbilled_micros -= micros
            details["period_starts_at"] = wallet.period_starts_at
        else:
            wallet.balance_micros += micros
        self.touch()
        return self.books.line(self, kind, micros, counted=counted, **details)

    def spend(self, kind: str, micros: int, *, counted: bool, **details: Any) -> Transaction:
        """A charge that the limit gates takes exactly its amount from what is usable: no need to ask again."""
        usable = self.usable
        line = self.post(kind, -micros, counted=counted, **details)
        self._usable = None if usable is None else usable - micros
        self._knows_usable = True
        return line

    def touch(self) -> None:
        """The row has changed: it has to be written, and the rule's last answer no longer holds."""
        self.books.touched.add(self)
        self._answer = None
        self._knows_usable = False

    def changed(self) -> dict[str, Any]:
        now = self._state()
        return {name: value for name, value in now.items() if value != self._written[name]}

    def saved(self) -> None:
        self._written = self._state()

    def told(self, answer: dict[str, Any]) -> None:
        self._usable = answer["usable_micros"]
        self._knows_usable = True
        if len(answer) == len(PARTS):
            self._answer = answer
        self._tell()

    @property
    def knows_parts(self) -> bool:
        return self._answer is not None

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    def _state(self) -> dict[str, Any]:
        return {name: getattr(self.wallet, name) for name in _STATE}


class Books:
    def __init__(self, wallets: Iterable[Wallet], now: Now, by: Actor):
        self.by = by
        # Read only now that the rows are locked: an instant from before the wait could lie before a limit's end.
        read = now() if callable(now) else now
        self.now = read
        self.touched: set[Account] = set()
        self._late: set[Account] = set()
        self._lines: list[Transaction] = []
        self._money: list[Transaction] = []
        self._invoices: list[tuple[Invoice, list[InvoiceLine]]] = []
        self._rows: dict[type[Model], list[Any]] = {}
        self.accounts = {wallet.pk: Account(wallet, max(read, wallet.latest_at), self) for wallet in wallets}
        ended = [period for account in self.accounts.values() for period in account.ended_periods]
        insert_rows(ended)

    def __getitem__(self, wallet: Wallet) -> Account:
        return self.accounts[wallet.pk]

    def line(
        self, account: Account, kind: str, micros: int, reason_code: str = "", **details: Any
    ) -> Transaction:
        """`reason_code`: why a person moved it, for the audit trail; the ledger keeps their words."""
        line = Transaction(
            wallet=account.wallet,
            sequence=account.wallet.last_sequence,
            posted_at=account.at,
            kind=kind,
            amount_micros=micros,
            current_balance_after_micros=account.current_balance,
            by_user=self.by.user,
            by_name=self.by.name,
            **details,
        )
        self._lines.append(line)
        if trail.is_told(line, self.by):
            self.add(trail.of_line(line, self.by, reason_code))
        if allocating.concerns(line):
            self._money.append(line)
        return line

    def invoice(self, invoice: Invoice, lines: list[InvoiceLine]) -> Invoice:
        self._invoices.append((invoice, lines))
        return invoice

    def add(self, row: Model) -> None:
        self._rows.setdefault(type(row), []).append(row)

    def ask(self, accounts: Iterable[Account], *names: str) -> None:
        """Puts the rule's answer on the accounts: what decides is written first, then asked on the locked rows."""
        by_instant: dict[datetime, list[int]] = {}
        for account in accounts:
            by_instant.setdefault(account.at, []).append(account.wallet.pk)
        if not by_instant:
            return
        self.save(besides={"latest_at"})
        for instant, pks in by_instant.items():
            for row in Wallet.objects.filter(pk__in=pks).at(instant, *names).values("pk", *names):
                self.accounts[row.pop("pk")].told(row)

    def ask_usable(self, accounts: Iterable[Account] | None = None) -> None:
        self.ask(self.accounts.values() if accounts is None else accounts, "usable_micros")

    def ask_all_parts(self) -> None:
        """For every account at once whose parts are not known: a batch asks once, not once a line."""
        self.ask([account for account in self.accounts.values() if not account.knows_parts], *PARTS)

    def write(self) -> None:
        self.write_lines()
        if self._money:
            allocating.after_posting(self._money, at=self.now, by_name=self.by.name)
            self._money = []
        self.ask_usable([account for account in self.accounts.values() if account.is_waiting])
        for rows in self._rows.values():
            insert_rows(rows)
        self._rows.clear()
        self.touched |= self._late
        self.save()

    def write_lines(self) -> None:
        """Invoices, then the lines that carry them: a line can never be changed afterwards."""
        if self._invoices:
            insert_rows([invoice for invoice, _ in self._invoices])
            for invoice, lines in self._invoices:
                for line in lines:
                    line.invoice = invoice
            InvoiceLine.objects.bulk_create(
                [line for _, lines in self._invoices for line in lines], batch_size=1000
            )
            self._invoices.clear()
        insert_rows(self._lines)
        self._lines.clear()

    def save(self, besides: Collection[str] = ()) -> None:
        """Writes the touched rows; one in which nothing but the columns named `besides` has changed can wait."""
        columns = {account: account.changed() for account in self.touched}
        waiting = {
            account for account, changed in columns.items() if changed and changed.keys() <= set(besides)
        }
        changed = [account for account in columns if columns[account] and account not in waiting]
        if len(changed) == 1:
            Wallet.objects.filter(pk=changed[0].wallet.pk).update(**columns[changed[0]])
        else:
            names = sorted({name for account in changed for name in columns[account]})
            update_rows([account.wallet for account in changed], names)
        for account in changed:
            account.saved()
        self.touched, self._late = set(), self._late | waiting


@contextmanager
def opened(wallet_pks: Iterable[int], *, by: Actor, now: Now) -> Iterator[Books]:
    """Locks the wallets in pk order, settles them, and writes everything in the same transaction at the end."""
    with transaction.atomic():
        books = Books(Wallet.objects.filter(pk__in=set(wallet_pks)).locked(), now, by)
        yield books
        books.write()
