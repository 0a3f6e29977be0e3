"""The German catalogue is whole: nothing missing, nothing guessed, and what is compiled is what is written."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django.conf import settings

from tests.once import once

pytestmark = once

CATALOGUE = Path(settings.BASE_DIR) / "locale" / "de" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[srd]|%[srd]|\{\w*\}")
TAG = re.compile(r"</?\w+")
# Where the catalogue is compared with the sources, and where not: not written for people who work in the portal.
COMMAND = ["makemessages", "-l", "de", "--no-location", "--no-obsolete", "--no-wrap"]
LEFT_OUT = [
    ".venv",
    "var",
    "tests",
    "benchmarks",
    "templates/api/*",
    "templates/mail/*",
    "credit/demo/*",
    "credit/api/*",
]


@pytest.fixture(scope="module")
def written() -> polib.POFile:
    return polib.pofile(str(CATALOGUE / "django.po"))


def forms_of(entry):
    if entry.msgid_plural:
        return [(entry.msgid, entry.msgstr_plural[0]), (entry.msgid_plural, entry.msgstr_plural[1])]
    return [(entry.msgid, entry.msgstr)]


def test_every_sentence_has_a_german_one_that_somebody_has_confirmed(written):
    assert len(written) > 2000
    assert [entry.msgid for entry in written if not entry.translated() or "fuzzy" in entry.flags] == []
    assert list(written.obsolete_entries()) == []


def test_every_german_sentence_fills_in_the_same_values(written):
    differing = [
        (english, german)
        for entry in written
        for english, german in forms_of(entry)
        if set(PLACEHOLDER.findall(english)) != set(PLACEHOLDER.findall(german))
    ]

    assert differing == []


def test_every_german_sentence_has_the_same_elements_and_the_same_edges(written):
    """A space or a full stop at the edge is where the sentence meets what stands beside it."""
    differing = [
        (english, german)
        for entry in written
        for english, german in forms_of(entry)
        if sorted(TAG.findall(english)) != sorted(TAG.findall(german))
        or english.endswith((" ", "\n")) != german.endswith((" ", "\n"))
        or (english[-1:] == ".") != (german[-1:] == ".")
    ]

    assert differing == []


def test_what_is_compiled_is_what_is_written(written):
    compiled = {
        (entry.msgctxt, entry.msgid, entry.msgid_plural): (entry.msgstr, tuple(entry.msgstr_plural.values()))
        for entry in polib.mofile(str(CATALOGUE / "django.mo"))
    }

    assert compiled == {
        (entry.msgctxt, entry.msgid, entry.msgid_plural or ""): (
            entry.msgstr,
            tuple(entry.msgstr_plural.values()),
        )
        for entry in written
    }


def test_the_catalogue_has_every_sentence_of_the_sources(tmp_path, written):
    """Made anew beside the portal, from a copy of what is translated."""
    assert shutil.which("xgettext"), "GNU gettext is missing: apt install gettext"
    base = Path(settings.BASE_DIR)
    for name in ("credit", "organizations", "finance_portal", "templates", "locale", "manage.py"):
        source = base / name
        if source.is_dir():
            shutil.copytree(
                source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "migrations")
            )
        else:
            shutil.copy(source, tmp_path / name)
    ignored = [part for pattern in LEFT_OUT for part in ("-i", pattern)]
    django_admin = [sys.executable, "-m", "django", *COMMAND, *ignored]
    made = subprocess.run(django_admin, cwd=tmp_path, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    found = polib.pofile(str(tmp_path / "locale" / "de" / "LC_MESSAGES" / "django.po"))

    def sentences(catalogue):
        return {(entry.msgctxt, entry.msgid) for entry in catalogue if not entry.obsolete}

    assert sentences(found) == sentences(written)
