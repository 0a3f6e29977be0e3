"""What the figures were measured on: enough to judge them, nothing that names a machine or a place."""

import os
import platform
import statistics
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks.charging import early_writing

FLUSHES = 100
MEASURED_WITH = ("Django", "psycopg", "granian", "django-ninja")


def description(postgresql: str, settings: dict[str, str], directory: str) -> list[str]:
    shown = ", ".join(f"{name} {value}" for name, value in settings.items())
    return [
        f"{os.cpu_count()} cores ({_cpu()}), {_memory_gib()} GiB of memory, Linux {platform.release()}",
        f"PostgreSQL {postgresql} with {shown}; otherwise its defaults. {early_writing.TOLD}",
        f"Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in MEASURED_WITH)}",
        f"The disk takes {flush_ms(directory):.2f} ms to flush 8 KiB (the median of {FLUSHES})",
    ]


def busy() -> str:
    """How much the machine had to do for others in the minute before."""
    return f"{os.getloadavg()[0]:.1f}"


def flush_ms(directory: str) -> float:
    with tempfile.NamedTemporaryFile(dir=directory) as file:
        file.write(bytes(8192 * FLUSHES))
        os.fsync(file.fileno())
        return statistics.median(_flush(file.fileno(), at) for at in range(FLUSHES)) * 1000


def _flush(descriptor: int, at: int) -> float:
    os.pwrite(descriptor, os.urandom(8192), at * 8192)
    began = time.perf_counter()
    os.fdatasync(descriptor)
    return time.perf_counter() - began


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine()
    )


def _memory_gib() -> int:
    kib = Path("/proc/meminfo").read_text().split()[1]
    return round(int(kib) / 1024**2)
