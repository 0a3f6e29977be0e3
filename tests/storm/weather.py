"""What goes wrong meanwhile, by a timetable: the web server dies, connections are cut, the month end is interrupted."""

import subprocess
import sys
import threading
import time
from collections import Counter
from random import Random

import psycopg

from tests.storm.web import APPLICATION_NAME, BASE_DIR, Web

CUTS = 20  # moments at which database connections of the web server are cut
LONGEST_START_SECONDS = 5
_CONNECTIONS = "SELECT pid FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()"


class Weather:
    def __init__(self, web: Web, random: Random) -> None:
        self.web = web
        self.env = {**web.env, "DATABASE_URL": web.database_url}
        self.random = random
        self.tally: Counter[str] = Counter()
        self.failed: Exception | None = None

    def rage(self, seconds: float, kills: int) -> None:
        """Until the end of the storm. The month ends in its middle; the process that books it dies a little later."""
        moments = [(seconds * (n + 1) / (kills + 1.2), self._kill_web) for n in range(kills)]
        moments += [(seconds * (n + 0.5) / CUTS, self._cut_connections) for n in range(CUTS)]
        moments += [(seconds * 0.55, self._kill_month_end)]
        begin = time.monotonic()
        self._start_month_end()
        try:
            for at, happen in sorted(moments, key=lambda moment: moment[0]):
                time.sleep(max(0.0, begin + at - time.monotonic()))
                happen()
            time.sleep(max(0.0, begin + seconds - time.monotonic()))
        except Exception as error:
            self.failed = error
        finally:
            self._end_month_end()

    def begin(self, seconds: float, kills: int) -> threading.Thread:
        thread = threading.Thread(target=self.rage, args=(seconds, kills), daemon=True)
        thread.start()
        return thread

    def _kill_web(self) -> None:
        self.web.kill()
        self.tally["web server killed"] += 1
        self.web.start()

    def _cut_connections(self) -> None:
        with psycopg.connect(self.env["DATABASE_URL"], autocommit=True) as connection:
            pids = self._connected(connection)
            for pid in self.random.sample(pids, min(3, len(pids))):
                connection.execute("SELECT pg_terminate_backend(%s)", [pid])
                self.tally["database connections cut"] += 1

    def _connected(self, connection: psycopg.Connection) -> list[int]:
        """On a busy machine the first ones are late: without them nothing would be cut in a short storm."""
        until = time.monotonic() + LONGEST_START_SECONDS
        while True:
            pids = [pid for (pid,) in connection.execute(_CONNECTIONS, [APPLICATION_NAME])]
            if pids or self.tally["database connections cut"] or time.monotonic() > until:
                return pids
            time.sleep(0.05)

    def _start_month_end(self) -> None:
        command = [sys.executable, "-m", "tests.storm.month_end"]
        with self.web.log.open("ab") as output:
            self.month_end = subprocess.Popen(
                command, cwd=BASE_DIR, env=self.env, stdout=output, stderr=output
            )

    def _kill_month_end(self) -> None:
        self._end_month_end()
        self.tally["month end killed"] += 1
        self._start_month_end()

    def _end_month_end(self) -> None:
        if self.month_end.poll() not in (None, -9):
            self.failed = RuntimeError("the process of the month end ended by itself; see the log")
        self.month_end.kill()
        self.month_end.wait(10)
