"""A virtual environment for each of the other packages, made once and kept in `var/bench`."""

import subprocess
import sys
from pathlib import Path

from benchmarks.charging.worker import BASE_DIR

KEPT_IN = BASE_DIR / "var" / "bench"
PINS = {
    "dj_wallet": ("dj-wallet==0.1.0", "Django==5.2.*", "psycopg[binary]==3.3.*"),
    "oscar_accounts": (
        "django-oscar-accounts==3.0.1",
        "django-oscar==4.2.*",
        "Django==5.2.*",
        "psycopg[binary]==3.3.*",
    ),
}


def python_with(package: str) -> Path:
    directory = KEPT_IN / package
    python, ready = directory / "bin" / "python", directory / "ready"
    pins = " ".join(PINS[package])
    if not ready.exists() or ready.read_text() != pins:
        subprocess.run([sys.executable, "-m", "venv", "--clear", directory], check=True)
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PINS[package]]
        subprocess.run(command, check=True)
        ready.write_text(pins)
    return python


def versions(package: str) -> str:
    """Such as "dj-wallet 0.1.0, Django 5.2.19"."""
    names = [pin.partition("==")[0].partition("[")[0] for pin in PINS[package]]
    code = (
        "import sys, importlib.metadata as m; print(', '.join(f'{n} {m.version(n)}' for n in sys.argv[1:]))"
    )
    command = [python_with(package), "-c", code, *names]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
