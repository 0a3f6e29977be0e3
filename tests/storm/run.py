"""The storm from its first gust to the books: `blow` gives a report, whose faults must be none."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.storm import answers, books, judging, scene
from tests.storm.asking import ANSWERS_WITHIN_SECONDS, Asker, Said
from tests.storm.customers import Customer
from tests.storm.weather import Weather
from tests.storm.web import Web

CLIENTS = 64
WALLETS = 200
CREDENTIALS = 8
REPLAYERS = 8
MOST_FAULTS_SHOWN = 20


@dataclass
class Report:
    tally: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def text(self) -> str:
        figures = "\n".join(f"{count:>9,}  {name}" for name, count in sorted(self.tally.items()))
        shown = "\n".join(f"  {fault}" for fault in self.faults[:MOST_FAULTS_SHOWN])
        verdict = (
            f"{len(self.faults)} faults:\n{shown}" if self.faults else "The books are straight: no fault."
        )
        return f"{figures}\n{verdict}"


def blow(env: dict[str, str], log: Path, *, seconds: float, seed: int, kills: int) -> Report:
    """Against the migrated, empty database that both `env` and this process's Django know."""
    random, report = Random(seed), Report()
    the_scene = scene.set_up(wallet_count=WALLETS, client_count=CREDENTIALS, random=random)
    web = Web(env, log)
    web.start()
    try:
        moved = scene.end_half_of_the_periods(scene.in_the_middle(seconds))
        report.tally["months that ended in the storm"] = moved
        said = _storm(web, the_scene, random, report, seconds, kills)
        _replay(web, the_scene, [each for each in said if answers.is_replayable(each)], report)
    finally:
        web.stop()
    _add_up(said, report)
    return report


def _storm(
    web: Web, the_scene: scene.Scene, random: Random, report: Report, seconds: float, kills: int
) -> list[Said]:
    end = time.monotonic() + seconds
    customers = [_customer(n, web, the_scene, random, lambda: time.monotonic() > end) for n in range(CLIENTS)]
    weather = Weather(web, Random(random.random()))
    storming = weather.begin(seconds, kills)
    _at_once([lambda c=customer: c.live_until(end) for customer in customers], report)
    storming.join(ANSWERS_WITHIN_SECONDS)
    if storming.is_alive():
        report.faults.append("the weather did not end with the storm")
    for one in [*customers, weather]:
        report.tally += one.tally if one is weather else one.asker.tally
        if one.failed:
            report.faults.append(f"{type(one).__name__}: {one.failed!r}")
    return [said for customer in customers for said in customer.said]


def _customer(
    number: int, web: Web, the_scene: scene.Scene, random: Random, is_over: Callable[[], bool]
) -> Customer:
    own = Random(random.random())
    credential = the_scene.credentials[number % len(the_scene.credentials)]
    asker = Asker(web.port, credential, own, is_over)
    return Customer(number, asker, the_scene.accounts, own)


def _replay(web: Web, the_scene: scene.Scene, said: list[Said], report: Report) -> None:
    """Every key once more, after all is over: each must be answered as it was first."""

    def ask(number: int) -> None:
        asker = Asker(web.port, the_scene.credentials[0], Random(number), lambda: True)
        for first in said[number::REPLAYERS]:
            again = asker.ask(Said(first.verb, first.path, first.body, first.key))
            if fault := answers.replay_fault(first, again):
                report.faults.append(fault)

    _at_once([lambda n=n: ask(n) for n in range(REPLAYERS)], report)
    report.tally["keys asked for once more at the end"] = len(said)


def _at_once(jobs: list[Callable[[], object]], report: Report) -> None:
    def run(job: Callable[[], object]) -> None:
        try:
            job()
        except Exception as error:
            report.faults.append(f"a client gave up: {error!r}")

    threads = [threading.Thread(target=run, args=[job], daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _add_up(said: list[Said], report: Report) -> None:
    books.close_what_is_left()
    report.faults += books.faults()
    report.faults += answers.Effects().faults(said)
    report.faults += answers.hold_faults(said)
    faults, checked = judging.judge_all()
    report.faults += faults
    report.tally["accepted decisions judged again"] = checked
    report.tally += books.figures()
    if report.tally["months closed"] < report.tally["months that ended in the storm"]:
        report.faults.append("a month that ended in the storm was not closed")
