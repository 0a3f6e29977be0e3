"""The one path of every verb that moves or holds money: parse, lock, known key, bad input, decide, write, answer.

A single request is a batch of one. The order of the checks is product.md section 2's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from credit.actions import inputs, postgresql, sqlite
from credit.actions.books import Account, Books, Now, opened
from credit.actions.outcome import Outcome
from credit.actions.refusals import BadInput, Declined, NotDone, require
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import Answer, Decline, Wallet
from credit.terms import Reason

LONGEST_BATCH = 1000


@dataclass
class Request:
    """What was sent for one verb. Subclasses parse it, check it against the locked row, and decide."""

    wallet: Wallet | str
    key: str | None = None

    verb = ""
    permission = ""

    def is_plain(self, by: Actor) -> bool:
        """A charge, which a database can answer by statements of its own."""
        return False

    def parse(self) -> None:
        """Typed values from what was sent, or BadInput. Needs no database."""

    def parse_why(self, by: Actor) -> None:
        """BadInput where a person decides and does not say why; a charge or a payment decides nothing."""

    def content(self) -> dict[str, Any]:
        """What was sent, as typed values: the same content under the same key is the same request."""
        raise NotImplementedError

    def wallets(self) -> Iterable[Wallet | str]:
        return (self.wallet,)

    def check(self, account: Account) -> None:
        """BadInput that only shows against the wallet's row. Changes nothing."""

    def decide(self, account: Account) -> Outcome:
        """Posts and answers, or raises Declined before it has changed anything."""
        raise NotImplementedError

    def attempt(self) -> dict[str, Any]:
        """What a recorded decline says about what was asked: kind, amount_micros, reference."""
        return {}


def answer_one(request: Request, *, by: Actor, now: Now) -> Outcome:
    """The outcome, accepted or declined; BadInput and refusals that store nothing are raised."""
    (outcome,) = answer([request], by=by, now=now)
    if outcome.error is not None:
        raise outcome.error
    return outcome


def answer(requests: Sequence[Request], *, by: Actor, now: Now, atomic: bool = False) -> list[Outcome]:
    """One outcome per request, in order. `atomic`: all or none; none stores an answer under no key."""
    if len(requests) > LONGEST_BATCH:
        raise BadInput(
            "lines",
            _("A batch has at most %(LONGEST_BATCH)s lines. Send it in parts.")
            % {"LONGEST_BATCH": LONGEST_BATCH},
        )
    batch = _Batch(requests, by)
    if not atomic:
        batch.answer_at_once(now)
    if batch.is_answered:
        return batch.outcomes
    batch.find_wallets()
    try:
        with opened(batch.wallet_pks(), by=by, now=now) as books:
            batch.run(books)
            if atomic and not all((outcome.repeats or outcome).accepted for outcome in batch.outcomes):
                raise _Undone
            batch.finish(books)
    except _Undone:
        batch.record_attempts(now)
    return batch.outcomes


def _refuse_unreadable(request: Request) -> None:
    """No wallet is called that, and PostgreSQL would not take it as a question."""
    for wallet in request.wallets():
        if isinstance(wallet, str) and not wallet.isprintable():
            raise _unknown(wallet)


def _unknown(wallet: Wallet | str) -> BadInput:
    message = _("Wallet %(wallet)r is not known. Check the Wallet ID.") % {"wallet": wallet}
    return BadInput("wallet", message, Reason.NOT_FOUND)


class _Undone(Exception):
    """Rolls a failed atomic batch back."""


class _Batch:
    def __init__(self, requests: Sequence[Request], by: Actor):
        self.requests = requests
        self.by = by
        self.errors: dict[int, NotDone] = {}
        self.prints: dict[int, str] = {}
        self.known: dict[tuple[int, str], tuple[str, dict[str, Any]]] = {}
        self.first: dict[tuple[int, str], tuple[str, Outcome]] = {}
        self.answered: dict[int, Outcome] = {}
        self.outcomes: list[Outcome] = []
        self.declines: list[Decline] = []
        self.stood: set[int] = set()  # lines that an earlier request was answered for
        for at, request in enumerate(requests):
            self._parse(at, request)

    def _parse(self, at: int, request: Request) -> None:
        try:
            require(self.by, request.permission, request.verb.replace("_", " "))
            request.key = inputs.text(request.key, field="key", longest=255) or None
            _refuse_unreadable(request)
            request.parse()
            request.parse_why(self.by)
            self.prints[at] = inputs.fingerprint(request.verb, request.content())
        except NotDone as error:
            self.errors[at] = error

    def find_wallets(self) -> None:
        named = [
            wallet for request in self.requests for wallet in request.wallets() if isinstance(wallet, str)
        ]
        wanted = {wallet for wallet in named if wallet.isprintable()}
        found = Wallet.objects.in_bulk(wanted, field_name="wallet_id") if wanted else {}
        for at, request in self._open():
            if isinstance(request.wallet, str):
                self._resolve(at, request, found)

    def _open(self) -> list[tuple[int, Request]]:
        return [(at, request) for at, request in enumerate(self.requests) if at not in self.answered]

    def _resolve(self, at: int, request: Request, found: dict[str, Wallet]) -> None:
        wallet = found.get(str(request.wallet))
        if wallet is None:
            self.errors.setdefault(at, _unknown(request.wallet))
        else:
            request.wallet = wallet

    def answer_at_once(self, now: Now) -> None:
        """What the database's own statement answers; a wallet that anything else is asked of is left alone."""
        fit = {at: request for at, request in enumerate(self.requests) if at not in self.errors}
        others = {
            _name(wallet)
            for request in fit.values()
            if not request.is_plain(self.by)
            for wallet in request.wallets()
        }
        mixed = len({isinstance(wallet, str) for request in fit.values() for wallet in request.wallets()}) > 1
        if mixed and others:
            return  # one wallet may stand under both of its names
        plain: Any = {
            at: each
            for at, each in fit.items()
            if each.is_plain(self.by) and _name(each.wallet) not in others
        }
        shortcut = postgresql.charge_at_once if connection.vendor == "postgresql" else sqlite.charge_at_once
        self.answered = shortcut(plain, self.prints, by=self.by, now=now)
        if self.is_answered:
            self.outcomes = [self.answered[at] for at in range(len(self.requests))]

    @property
    def is_answered(self) -> bool:
        return len(self.answered) == len(self.requests)

    def wallet_pks(self) -> set[int]:
        fit = (request for at, request in self._open() if at not in self.errors)
        return {wallet.pk for request in fit for wallet in request.wallets() if isinstance(wallet, Wallet)}

    def run(self, books: Books) -> None:
        self._read_known_keys(books)
        if len(books.accounts) > 1:
            books.ask_usable()
        for at, request in enumerate(self.requests):
            self.outcomes.append(self._one(at, request, books))

    def _read_known_keys(self, books: Books) -> None:
        # What could not be read has no print, and PostgreSQL would not take it as a question.
        keys = {self.requests[at].key for at in self.prints} - {None}
        if not keys:
            return
        known = Answer.objects.filter(wallet__in=books.accounts, key__in=keys)
        for row in known.values_list("wallet_id", "key", "fingerprint", "answer"):
            self.known[row[0], row[1]] = (row[2], row[3])

    def _one(self, at: int, request: Request, books: Books) -> Outcome:
        if at in self.answered:
            return self.answered[at]
        if at in self.errors:
            return _not_stored(request, self.errors[at])
        account = books[request.wallet]  # type: ignore[index]
        name = (account.wallet.pk, request.key or "")
        known = self.known.get(name) if request.key else None
        if known and known[0] == self.prints[at]:
            self.stood.add(at)
            return Outcome.replay(known[1])
        first = self.first.get(name) if request.key else None
        if first and first[0] == self.prints[at]:
            return Outcome(verb=request.verb, accepted=False, replayed=True, repeats=first[1])
        try:
            request.check(account)
            if known or first:
                raise BadInput(
                    "key", _("The key was used with other content. Send a new key."), Reason.KEY_REUSED
                )
            outcome = request.decide(account)
        except Declined as decline:
            outcome = self._declined(request, account, decline)
        except NotDone as error:
            return _not_stored(request, error)
        outcome.wallet_id = account.wallet.wallet_id
        if request.key:
            self.first[name] = (self.prints[at], outcome)
        return outcome

    def _declined(self, request: Request, account: Account, decline: Declined) -> Outcome:
        """The attempt is recorded with the formula's numbers at that instant."""
        breakdown = account.breakdown()
        asked = {"kind": "", "amount_micros": None, "reference": "", **request.attempt()}
        self.declines.append(
            Decline(
                wallet=account.wallet,
                at=account.at,
                verb=request.verb,
                reason=decline.reason,
                usable_micros=account.usable,
                breakdown=breakdown,
                key=request.key or "",
                by_user=self.by.user,
                by_name=self.by.name,
                **asked,
            )
        )
        return Outcome(
            verb=request.verb,
            accepted=False,
            reason=decline.reason,
            message=decline.message,
            amount_micros=asked["amount_micros"],
            usable_micros=account.usable,
            unlimited=account.usable is None,
            current_balance_micros=account.current_balance,
            breakdown=breakdown,
            details=decline.numbers,
        )

    def finish(self, books: Books) -> None:
        """Lines first, so that the kept answers can name them."""
        books.write()
        for outcome in self.outcomes:
            outcome.name_line()
        for (wallet_pk, key), (fingerprint, outcome) in self.first.items():
            kept = {"key": key, "fingerprint": fingerprint, "answer": outcome.to_json()}
            books.add(Answer(wallet_id=wallet_pk, created_at=books.accounts[wallet_pk].at, **kept))
        for decline in self.declines:
            books.add(decline)
        self.outcomes = [
            Outcome.replay(outcome.repeats.to_json()) if outcome.repeats else outcome
            for outcome in self.outcomes
        ]

    def record_attempts(self, now: Now) -> None:
        """A failed atomic batch keeps no answer, but what was declined in it can still be asked about."""
        failed = next(outcome for outcome in self.outcomes if not (outcome.repeats or outcome).accepted)
        self.outcomes = [
            _undone(outcome, failed) if self._fell(at, outcome) else outcome
            for at, outcome in enumerate(self.outcomes)
        ]
        with opened({decline.wallet_id for decline in self.declines}, by=self.by, now=now) as books:
            for decline in self.declines:
                decline.key = ""
                books.add(decline)

    def _fell(self, at: int, outcome: Outcome) -> bool:
        """It would have stood. What an earlier request did under a known key stands whatever becomes of this batch."""
        return (outcome.repeats or outcome).accepted and at not in self.stood


def _name(wallet: Wallet | str) -> Any:
    return wallet.pk if isinstance(wallet, Wallet) else wallet


def _not_stored(request: Request, error: NotDone) -> Outcome:
    return Outcome(
        verb=request.verb,
        accepted=False,
        wallet_id=str(request.wallet),
        reason=error.reason,
        message=error.message,
        field=error.field,
        details=error.numbers,
        error=error,
    )


def _undone(outcome: Outcome, failed: Outcome) -> Outcome:
    """A good line of an atomic batch that failed: nothing of it stands."""
    message = f"Undone, since another line of the batch was refused: {failed.message}"
    return Outcome(
        verb=outcome.verb, accepted=False, wallet_id=outcome.wallet_id, reason=failed.reason, message=message
    )
