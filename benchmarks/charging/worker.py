"""A process that works whenever it is told for how long. Only the standard library: other environments import it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from benchmarks.rounds import Round

BASE_DIR = Path(__file__).resolve().parent.parent.parent


class Process:
    """The parent's side: a module that is told a number on each line, and answers what it did."""

    def __init__(
        self, module: str, *arguments: str, env: dict[str, str], python: str | Path = sys.executable
    ):
        self.done = 0
        command = [python, "-m", module, *arguments]
        self._process = subprocess.Popen(
            command, cwd=BASE_DIR, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._hear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.stdin.close()
        self._process.wait(60)

    def tell(self, number: float) -> Round:
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()
        told = self._hear()
        self.done += told["done"]
        return Round(told["done"] / told["seconds"], longest_ms=told.get("longest", 0.0) * 1000)

    def _hear(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(map(str, self._process.args))} ended: {self._process.wait()}")
        return json.loads(line)


class Worker(Process):
    """Works for so many seconds; `accepted` is what the process was told yes to."""

    def run(self, seconds: float) -> Round:
        return self.tell(seconds)

    @property
    def accepted(self) -> int:
        return self.done


def serve(step: Callable[[], int], prepare: Callable[[], object] = lambda: None) -> None:
    """The process's side. `step` does some of the work and counts it; `prepare` comes before it, off the clock."""
    say({})
    for line in sys.stdin:
        done, spent, longest, seconds = 0, 0.0, 0.0, float(line)
        while spent < seconds:
            prepare()
            began = time.perf_counter()
            done += step()
            took = time.perf_counter() - began
            spent, longest = spent + took, max(longest, took)
        say({"done": done, "seconds": spent, "longest": longest})


def say(words: dict) -> None:
    print(json.dumps(words), flush=True)
