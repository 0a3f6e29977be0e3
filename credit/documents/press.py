"""The typesetter alone, without the portal: in this process, or in one of its own that reads a job and writes a PDF.

A typesetting run keeps what the last ten documents took, some 0.1 MB for a line of a table: a web process that printed
long statements would never give that back. So a long document is set in a process of its own, which ends.
"""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import typst

# Tagged and archivable: a screen reader can read it, and it can be opened in thirty years.
STANDARDS: Any = ["a-2a", "ua-1"]
LONGEST_RUN_SECONDS = 120


def press(job: dict[str, Any]) -> bytes:
    """The PDF of a job: `template` and `root` on disk, `fonts` as folders, `content` as JSON, `timestamp` in seconds.

    A name in letters that no font here has is set with boxes in their place, as a plain PDF: the standards refuse it.
    """
    given: dict[str, Any] = {
        "input": job["template"],
        "root": job["root"],
        "font_paths": _fonts(tuple(job["fonts"])),
        "sys_inputs": {"content": job["content"]},
        "timestamp": job["timestamp"],
    }
    try:
        made: bytes = typst.compile(**given, pdf_standards=STANDARDS)
    except typst.TypstError:
        made = typst.compile(**given)
    return made


def press_apart(job: dict[str, Any]) -> bytes:
    """The same bytes, from a process that ends with them. subprocess.SubprocessError where it does not succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "credit.documents.press"],
        input=json.dumps(job).encode(),
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
        timeout=LONGEST_RUN_SECONDS,
        check=True,
    )
    return done.stdout


@cache
def _fonts(folders: tuple[str, ...]) -> typst.Fonts:
    """Read once per process. The machine's own fonts would make a document look different on each machine."""
    return typst.Fonts(include_system_fonts=False, font_paths=list(folders))


if __name__ == "__main__":
    sys.stdout.buffer.write(press(json.load(sys.stdin)))
