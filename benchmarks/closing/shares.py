"""A process that works off a number of wallets whenever it is told how many; steps are whole transactions."""

import json
import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.charging.worker import BASE_DIR
from benchmarks.rounds import Round


class Sharing:
    """The parent's side. A round is the next share of the wallets; the first one, which warms up, is smaller."""

    def __init__(self, module: str, *arguments: object, env: dict[str, str], share: int, warm_up: int):
        self.share, self.warm_up, self.done = share, warm_up, 0
        command = [sys.executable, "-m", module, *map(str, arguments)]
        self._process = subprocess.Popen(
            command, cwd=BASE_DIR, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._hear()

    def __enter__(self) -> "Sharing":
        return self

    def __exit__(self, *error: object) -> None:
        self._process.stdin.close()
        self._process.wait(60)

    def run(self, seconds: float) -> Round:
        """How long it takes is not asked for: `seconds` is what other comparisons go by."""
        return self.work_off(self.share if self.done else self.warm_up)

    def work_off(self, wallets: int) -> Round:
        self._process.stdin.write(f"{wallets}\n")
        self._process.stdin.flush()
        told = self._hear()
        self.done += told["done"]
        return Round(told["done"] / told["seconds"], longest_ms=told["longest"] * 1000)

    def _hear(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(map(str, self._process.args))} ended: {self._process.wait()}")
        return json.loads(line)


def serve(step: Callable[[], int], prepare: Callable[[], object] = lambda: None) -> None:
    """The process's side. `step` is a transaction and tells how many wallets it did; `prepare` is off the clock."""
    _say({})
    for line in sys.stdin:
        done, taken, wanted = 0, [], int(line)
        while done < wanted:
            prepare()
            began = time.perf_counter()
            did = step()
            taken.append(time.perf_counter() - began)
            if not did:
                raise RuntimeError(f"{wanted - done} wallets more were wanted than there are")
            done += did
        _say({"done": done, "seconds": sum(taken), "longest": max(taken)})


def _say(words: dict) -> None:
    print(json.dumps(words), flush=True)
