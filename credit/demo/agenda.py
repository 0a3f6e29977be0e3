"""What happens in the demo and when: done in the order of time, what falls on one instant as one batch."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from tqdm import tqdm

from credit.actions import charges, closes, invoices, wallets
from credit.actions.answering import Request
from credit.actions.outcome import Outcome
from credit.actors import Actor
from credit.terms import ChangeReason

BATCH = 1000
CLOCK = Actor.system("Month end")


@dataclass
class Instant:
    """One instant's worth; wallets are opened first, then money moves, then single deeds are done."""

    opened: list[wallets.NewWallet] = field(default_factory=list)
    requests: dict[Actor, list[Request]] = field(default_factory=lambda: defaultdict(list))
    deeds: list[Callable[[datetime], object]] = field(default_factory=list)
    is_month_end: bool = False
    is_issue: bool = False

    @property
    def size(self) -> int:
        return len(self.opened) + sum(map(len, self.requests.values())) + len(self.deeds)


class Agenda:
    def __init__(self, opener: Actor):
        self._opener = opener
        self._instants: dict[datetime, Instant] = defaultdict(Instant)
        self._may_be_declined: set[int] = set()

    def open(self, at: datetime, wallet: wallets.NewWallet) -> None:
        self._instants[at].opened.append(wallet)

    def post(self, at: datetime, request: Request, by: Actor, may_be_declined: bool = False) -> None:
        self._instants[at].requests[by].append(request)
        if may_be_declined:
            self._may_be_declined.add(id(request))

    def do(self, at: datetime, deed: Callable[[datetime], object]) -> None:
        self._instants[at].deeds.append(deed)

    def end_month(self, at: datetime) -> None:
        self._instants[at].is_month_end = True

    def issue(self, at: datetime) -> None:
        self._instants[at].is_issue = True

    def run(self, quiet: bool | None) -> None:
        with tqdm(
            total=sum(each.size for each in self._instants.values()), desc="Demo", disable=quiet
        ) as bar:
            for at in sorted(self._instants):
                bar.set_description(f"{at:%d %b %Y}")
                # One durable write per instant, however many batches it takes.
                with transaction.atomic():
                    self._play(at, self._instants[at])
                bar.update(self._instants[at].size)

    def _play(self, at: datetime, instant: Instant) -> None:
        if instant.is_month_end:
            close_month(at)
        for opened in _chunks(instant.opened):
            wallets.create_wallets(opened, reason_code=ChangeReason.CONTRACT, by=self._opener, now=at)
        for by, requests in instant.requests.items():
            for batch in _chunks(requests):
                for request, outcome in zip(batch, charges.post(lines=batch, by=by, now=at), strict=True):
                    self._expect(request, outcome, at)
        for deed in instant.deeds:
            deed(at)
        if instant.is_issue:
            issue(at)

    def _expect(self, request: Request, outcome: Outcome, at: datetime) -> None:
        # A demo that quietly lacks a line would show sums that do not match its own story.
        if not outcome.accepted and id(request) not in self._may_be_declined:
            raise AssertionError(f"{outcome.wallet_id} at {at}: {outcome.reason}: {outcome.message}")


def close_month(at: datetime) -> None:
    while due := closes.due(at, BATCH):
        closes.close(wallet_pks=due, by=CLOCK, now=at)


def issue(at: datetime) -> None:
    while invoices.issue(now=at, limit=BATCH):
        pass


def _chunks(items: list[Any]) -> Iterator[list[Any]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))
