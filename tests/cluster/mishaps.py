"""What goes wrong, by a timetable: hosts lose their power, links are cut, masters fail over. Mostly amid a close."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from random import Random

import psycopg

from tests.cluster.brokers import Brokers
from tests.cluster.databases import Databases
from tests.cluster.network import Host
from tests.cluster.portal import Portal

SECONDS = 70  # what the whole timetable takes, more or less
AMID_WITHIN_SECONDS = 6
PROMOTED_AFTER_SECONDS = 1.5  # what noticing the death of the primary takes
UNHEARD_SECONDS = 1.0
# A worker that has written something and has not committed it yet.
_AMID = """
    SELECT count(*) FROM pg_stat_activity WHERE application_name = ANY(%s) AND backend_xid IS NOT NULL
    AND query ~ 'credit_(period|invoice|wallet|transaction)'
"""

Happening = tuple[float, str, Callable[[], object]]


class Mishaps:
    def __init__(self, databases: Databases, brokers: Brokers, portal: Portal, random: Random) -> None:
        self.databases = databases
        self.brokers = brokers
        self.portal = portal
        self.random = random
        self.tally: Counter[str] = Counter()
        self.story: list[str] = []
        self.failed: Exception | None = None
        self._dead_broker: Host | None = None

    def timetable(self) -> list[Happening]:
        web, beat = self.portal.web, self.portal.beat
        first, second = self.random.sample(self.portal.workers, 2)
        return [
            (4, f"{first.name} loses its power", lambda: self._amid_a_close(first)),
            (9, f"{first.name} is back", lambda: self.portal.start_worker(first)),
            (10, f"the link of {second.name} is cut", second.cut),
            (15, f"the link of {second.name} is mended", second.mend),
            (16, "the master of Redis loses its power", self._kill_broker),
            (20, "web loses its power", web.lose_power),
            (22, "web is back", self.portal.start_web),
            (25, "the dead Redis is back, as a standby", self._bring_broker_back),
            (27, "beat and the third sentinel lose their power", beat.lose_power),
            (30, "beat and the third sentinel are back", self._bring_beat_back),
            (33, "the primary loses its power", self._kill_primary),
            (33.1, "the standby takes over", self._fail_over),
            (42, "the old primary follows the new one", self.databases.follow),
            (47, "the link of web is cut", web.cut),
            (50, "the link of web is mended", web.mend),
            (51, "the link of the standby is cut", lambda: self.databases.standby.cut()),
            (55, "the link of the standby is mended", lambda: self.databases.standby.mend()),
            (57, "both workers lose their power", lambda: self._amid_a_close(first, second)),
            (59, "both workers are back", lambda: [self.portal.start_worker(host) for host in (first, second)]),
        ]  # fmt: skip

    def begin(self) -> threading.Thread:
        thread = threading.Thread(target=self._happen, daemon=True)
        thread.start()
        return thread

    def _happen(self) -> None:
        begin = time.monotonic()
        before = 0.0
        for at, words, happening in self.timetable():
            # After the one before is over: on a slow machine everything takes longer, but nothing is left out.
            time.sleep(at - before + self.random.uniform(0, 0.5))
            before = at
            self.story.append(f"{time.monotonic() - begin:6.1f} s  {words}")
            try:
                happening()
            except Exception as error:
                self.story.append(f"          failed: {error!r}")
                self.failed = error
                return

    # -- what happens

    def _amid_a_close(self, *hosts: Host) -> None:
        self._wait_for_a_close([host.name for host in hosts])
        for host in hosts:
            host.lose_power()
            self.tally["workers killed"] += 1

    def _kill_primary(self) -> None:
        self._wait_for_a_close([host.name for host in self.portal.workers])
        # The standby hears nothing of the last second: what the primary answered in it without waiting is lost.
        self.databases.standby.cut()
        time.sleep(UNHEARD_SECONDS)
        self.databases.primary.lose_power()
        self.tally["primaries killed"] += 1

    def _fail_over(self) -> None:
        self.databases.standby.mend()
        time.sleep(PROMOTED_AFTER_SECONDS)
        self.databases.promote()

    def _kill_broker(self) -> None:
        self._dead_broker = self.brokers.master()
        self._dead_broker.lose_power()
        self.tally["masters of Redis killed"] += 1

    def _bring_broker_back(self) -> None:
        assert self._dead_broker
        self.brokers.start_again(self._dead_broker)

    def _bring_beat_back(self) -> None:
        self.portal.start_beat()
        self.brokers.start_sentinel(self.portal.beat)

    def _wait_for_a_close(self, names: list[str]) -> None:
        """Until one of the hosts has written a part of a close and has not committed it."""
        deadline = time.monotonic() + AMID_WITHIN_SECONDS
        with self.databases.connected(self.databases.primary) as connection:
            while time.monotonic() < deadline:
                if self._is_amid(connection, names):
                    self.tally["killed amid a close"] += 1
                    self.story.append("          (amid a close)")
                    return

    def _is_amid(self, connection: psycopg.Connection, names: list[str]) -> bool:
        row = connection.execute(_AMID, [names]).fetchone()
        return bool(row and row[0])
