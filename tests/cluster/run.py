"""One run: the cluster comes up, months end amid mishaps while customers charge, then everything is added up."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from random import Random

from django.db import connections
from django.utils import timezone

from tests.cluster import judging, scene
from tests.cluster.brokers import Brokers
from tests.cluster.clients import RemoteAsker
from tests.cluster.databases import Databases
from tests.cluster.mishaps import SECONDS, Mishaps
from tests.cluster.portal import Portal
from tests.cluster.reader import Reader
from tests.storm import answers
from tests.storm.asking import Said
from tests.storm.customers import Customer
from tests.storm.run import Report
from tests.storm.scene import Scene

CREDENTIALS = 4
QUIET_SECONDS = 3  # before the first and after the last mishap
REPLAYERS = 4


def live_through(
    databases: Databases, brokers: Brokers, portal: Portal, *, seed: int, wallets: int, clients: int
) -> tuple[Report, list[str]]:
    """Against the migrated, empty database of the cluster that this process's Django knows too."""
    random, report = Random(seed), Report()
    the_scene = scene.set_up(wallet_count=wallets, client_count=CREDENTIALS, random=random)
    portal.start()
    portal.wait_for_web()
    mishaps = Mishaps(databases, brokers, portal, Random(random.random()))
    begin = timezone.now() + timedelta(seconds=QUIET_SECONDS)
    report.tally["months that ended meanwhile"] = scene.end_the_months(begin, SECONDS)
    said = _charge_meanwhile(portal, the_scene, mishaps, random, report, clients)
    connections.close_all()  # the primary that they led to is no more
    if mishaps.failed:
        report.faults.append(f"the timetable was not kept: {mishaps.failed!r}")
        return report, mishaps.story
    portal.wait_for_web()
    report.faults += [f"a process ended by itself on {name}" for name in portal.ended_by_themselves()]
    if fault := judging.never_healed():
        report.faults.append(fault)
        return report, mishaps.story
    _replay(portal, the_scene, [each for each in said if answers.is_replayable(each)], report)
    try:
        report.faults += judging.faults(said, databases)
    except (KeyError, ValueError) as error:
        report.faults.append(f"what is missing keeps the judge from going on: {error!r}")
    report.tally += mishaps.tally + judging.figures()
    return report, mishaps.story


def _charge_meanwhile(
    portal: Portal, the_scene: Scene, mishaps: Mishaps, random: Random, report: Report, clients: int
) -> list[Said]:
    over = threading.Event()
    customers = [_customer(number, portal, the_scene, random, over) for number in range(clients)]
    threads = [threading.Thread(target=_live, args=[each, over], daemon=True) for each in customers]
    for thread in threads:
        thread.start()
    time.sleep(QUIET_SECONDS)
    reader = Reader(portal.web.address)
    reading = reader.begin(over.is_set)
    mishaps.begin().join()
    time.sleep(QUIET_SECONDS)
    over.set()
    reading.join(30)
    report.tally += reader.tally
    if not reader.tally["lists from the standby"]:
        report.faults.append("no list was ever read from the standby")
    for thread in threads:
        thread.join(90)
    for customer in customers:
        report.tally += customer.asker.tally
        if customer.failed:
            report.faults.append(f"a customer gave up: {customer.failed!r}")
    longest = max(customer.asker.longest_wait for customer in customers)
    report.tally["seconds of the longest wait for an answer"] = round(longest)
    return [said for customer in customers for said in customer.said]


def _live(customer: Customer, over: threading.Event) -> None:
    while not over.is_set() and not customer.failed:
        customer.live_until(time.monotonic() + 1)


def _customer(
    number: int, portal: Portal, the_scene: Scene, random: Random, over: threading.Event
) -> Customer:
    own = Random(random.random())
    return Customer(number, _asker(portal, the_scene, number, own, over.is_set), the_scene.accounts, own)


def _asker(
    portal: Portal, the_scene: Scene, number: int, random: Random, is_over: Callable[[], bool]
) -> RemoteAsker:
    credential = the_scene.credentials[number % len(the_scene.credentials)]
    asker = RemoteAsker(0, credential, random, is_over)
    asker.address = portal.web.address
    asker._renew()
    return asker


def _replay(portal: Portal, the_scene: Scene, said: list[Said], report: Report) -> None:
    """Every key once more, after a fail-over and all: each must be answered as it was first."""

    def ask(number: int) -> None:
        asker = _asker(portal, the_scene, number, Random(number), lambda: True)
        for first in said[number::REPLAYERS]:
            again = asker.ask(Said(first.verb, first.path, first.body, first.key))
            if fault := answers.replay_fault(first, again):
                report.tally["answers that are not given again"] += 1
                report.faults.append(fault)

    threads = [threading.Thread(target=ask, args=[number], daemon=True) for number in range(REPLAYERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report.tally["keys asked for once more at the end"] = len(said)
