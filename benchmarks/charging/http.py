"""Charges over HTTP: beside a POST that signs in and does nothing, and on one wallet beside very many."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from benchmarks.charging import books
from benchmarks.charging.load import CONNECTIONS, Load, generator
from benchmarks.charging.stage import Stage
from benchmarks.charging.web import command, serving
from benchmarks.rounds import Claim, Comparison, Way

EMPTY = "empty POST"
SPREAD = "charge, spread"
ONE = "charge, all on one wallet"
BATCHES = "batches of 100"
FITTING = 500


@contextmanager
def compare(stage: Stage) -> Iterator[Comparison]:
    wallets = {
        SPREAD: stage.wallets(stage.over_http),
        ONE: stage.wallets(1),
        BATCHES: stage.wallets(stage.over_http),
    }
    tight = _tight(stage)
    with serving(stage) as port:
        empty = Load(port, stage.credential, wallets[ONE], lines=0)
        loads = {
            name: Load(port, stage.credential, each, lines=100 if name == BATCHES else 1)
            for name, each in wallets.items()
        }
        yield Comparison(
            name="Charges over HTTP",
            ways=[
                Way(EMPTY, empty.run, "requests/s"),
                *(Way(name, load.run) for name, load in loads.items()),
            ],
            claims=_claims(stage),
            audit=lambda: [
                *(fault for load in loads.values() for fault in _faults(stage, load)),
                *_overspent(stage, Load(port, stage.credential, tight, lines=1)),
            ],
            notes=[
                f"Spread: over {stage.over_http:,} wallets. Client: {generator()}, on the same machine, whose cores it "
                "shares with the web server and PostgreSQL. Server: "
                f"`{' '.join(command(0)[2:-1])}`, the same for all. The empty POST goes through the same middleware, "
                "signs in with the same credential, is counted against the same rate, and answers `{}`. "
                f"After the rounds {CONNECTIONS} connections charge a wallet whose limit covers exactly "
                f"{FITTING} charges: exactly {FITTING} are accepted, or every figure here is void."
            ],
        )


def _claims(stage: Stage) -> list[Claim]:
    return [
        Claim("HTTP single charge, of an empty POST", SPREAD, EMPTY, 0.15, 0.25),
        Claim(f"HTTP: all on one wallet, of spread over {stage.over_http:,}", ONE, SPREAD, 0.9),
        Claim(
            "HTTP: p99 on one wallet, times that of spread", ONE, SPREAD, 8, 4, measure="p99_ms", at_most=True
        ),
        Claim("HTTP batches of 100 in charges, times the empty POST in requests", BATCHES, EMPTY, 1.5),
    ]


def _faults(stage: Stage, load: Load) -> list[str]:
    found = books.faults(stage.url, load.wallets, accepted=load.accepted, unheard=load.unheard)
    return [*found, f"{load.refused} requests were refused"] if load.refused else found


def _tight(stage: Stage) -> books.Range:
    wallet = stage.wallets(1)
    with psycopg.connect(stage.url) as connection:
        connection.execute(
            "UPDATE credit_wallet SET permanent_limit_micros = %s WHERE wallet_id = %s",
            (FITTING * 10_000, str(wallet.first)),
        )
    return wallet


def _overspent(stage: Stage, load: Load) -> list[str]:
    """Asks until some were declined, at most a minute; what was accepted must be what fits."""
    for _ in range(60):
        load.run(1)
        if load.refused:
            break
    return books.faults(stage.url, load.wallets, accepted=FITTING)
