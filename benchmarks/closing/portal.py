"""The portal's own actions on wallets of these numbers, a chunk a transaction, in a process of its own.

`python -m benchmarks.closing.portal close FIRST LAST CHUNK` closes them, `end` ends their temporary limits;
`close-meanwhile` closes by the real clock for some seconds; `issue-meanwhile` closes all of them first, and then issues
their invoices for some seconds; `look` looks for something to do.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from time import perf_counter, sleep

from benchmarks.charging import worker
from benchmarks.charging.portal import set_up
from benchmarks.closing import shares
from benchmarks.closing.due_wallets import CLOSED_AT, ENDS_AT

Now = datetime | Callable[[], datetime]


class Closing:
    """Calls close wallets as the portal's worker does: as many in a transaction as its pace says, or as are wanted."""

    def __init__(self, chunks: Iterator[list[int]], now: Now):
        from credit.actions import closes
        from credit.actors import Actor

        self.pks, self.now, self.pace = chain.from_iterable(chunks), now, closes.Pace("postgresql")
        self.by = Actor.system("Month end")

    def __call__(self, wanted: int) -> int:
        from django.db import transaction

        from credit.actions import closes

        pks = list(islice(self.pks, min(self.pace.wallets, wanted)))
        began = perf_counter()
        with transaction.atomic():
            closes.set_for_many()
            closed = closes.close(wallet_pks=pks, by=self.by, now=self.now)
        self.pace.took(len(pks), perf_counter() - began)
        return closed.wallets

    def paced(self) -> int:
        """With the pause that the portal's worker makes after each transaction."""
        from credit.actions import closes

        began = perf_counter()
        closed = self(closes.MOST_AT_ONCE)
        sleep(closes.pause_after(perf_counter() - began))
        return closed


def ending(chunks: Iterator[list[int]]) -> Callable[[int], int]:
    from credit.actions import limits
    from credit.actors import Actor

    by = Actor.system("End of temporary limits")
    return lambda wanted: limits.book_ended(wallet_pks=next(chunks), by=by, now=CLOSED_AT)


def issuing(chunks: Iterator[list[int]]) -> Callable[[], int]:
    """Invoices as the job issues them; their drafts are made here, off the clock."""
    from django.utils import timezone

    from credit.actions import closes, invoices
    from credit.actors import Actor

    for pks in chunks:
        closes.close(wallet_pks=pks, by=Actor.system("Month end"), now=timezone.now)
    return lambda: invoices.issue(now=timezone.now)


def look() -> int:
    """What the jobs that write down ended periods, limits and holds ask when nothing has ended."""
    from credit.actions import closes, limits
    from credit.models import Wallet

    now = ENDS_AT - timedelta(hours=1)
    found = closes.due(now, 1), limits.due(now, 1), Wallet.objects.passed("next_hold_ends_at", now, 1)
    assert not any(found), found
    return 1


def chunks_of(first: int, last: int, size: int) -> Iterator[list[int]]:
    """The pks that a month end's run has written down before it began."""
    from credit.models import Wallet

    numbers = {str(number) for number in range(first, last + 1)}
    named = Wallet.objects.order_by("pk").values_list("pk", "wallet_id")
    pks = [pk for pk, number in named.iterator() if number in numbers]
    return iter([pks[at : at + size] for at in range(0, len(pks), size)])


def main(verb: str, *numbers: str) -> None:
    set_up()
    if verb == "look":
        worker.serve(look)
        return
    chunks = chunks_of(*map(int, numbers))
    if verb == "close-meanwhile":
        from django.utils import timezone

        worker.serve(Closing(chunks, timezone.now).paced)
    elif verb == "issue-meanwhile":
        worker.serve(issuing(chunks))
    elif verb == "end":
        shares.serve(ending(chunks))
    else:
        shares.serve(Closing(chunks, CLOSED_AT))


if __name__ == "__main__":
    main(*sys.argv[1:])
