"""What charges notice of invoices being issued: two callers charge, one of them on the wallets of those invoices."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from benchmarks.charging.books import faults
from benchmarks.charging.stage import Stage
from benchmarks.charging.worker import Worker
from benchmarks.closing import books, due_wallets
from benchmarks.closing.beside_charges import last_month, longest_wait, two_callers, ways
from benchmarks.rounds import Comparison

BESIDE = "two callers charge while invoices are issued"


@contextmanager
def compare(stage: Stage) -> Iterator[Comparison]:
    starts_at, _ = month = last_month(datetime.now(UTC))
    url = stage.another_portal("issuing")
    env = stage.server.environment(url)
    due = due_wallets.create_due(url, 1, stage.issued, month=month)
    other = stage.wallets(stage.many, url)
    portal = Worker(
        "benchmarks.closing.portal",
        *("issue-meanwhile", *due.arguments, str(stage.at_once)),
        env=env | {"CREDIT_INVOICE_REVIEW_HOURS": "0"},
    )
    with portal as issuing, two_callers(due, other, env) as callers:
        yield Comparison(
            name="Charging while invoices are issued",
            ways=ways(callers, BESIDE, issuing),
            claims=[longest_wait("the longest a charge takes while invoices are issued, in ms", BESIDE)],
            audit=lambda: (
                faults(url, other, accepted=callers[1].accepted)
                + books.faults_of_closes(url, due, closed=stage.issued, starts_at=starts_at)
                + books.faults_of_issues(url, due, issued=issuing.accepted)
            ),
            notes=[
                f"One caller charges the {stage.issued:,} wallets whose invoices are being issued, the other one other "
                "wallets; both one charge at a time. Fifty invoices are a transaction, one after the other on the "
                "same cores."
            ],
        )
