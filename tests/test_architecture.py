"""The house rules that a machine can hold (docs/architecture.md says why each is there)."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command

from tests.once import once

BASE_DIR = Path(__file__).resolve().parent.parent
PACKAGES = ("finance_portal", "organizations", "credit")

# Names that never hold one responsibility.
FORBIDDEN_NAMES = {
    "utils", "helpers", "services", "managers", "signals", "exceptions", "constants", "mixins",
}  # fmt: skip
LONGEST_FILE = 400

INLINE = {
    "an inline style": re.compile(r"""\sstyle\s*=\s*["']""", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc=)", re.IGNORECASE),
    "an inline event handler": re.compile(r"""\son[a-z]+\s*=\s*["']""", re.IGNORECASE),
    "an expression htmx would evaluate": re.compile(r"""\shx-on[:\w-]*\s*=|["']js:"""),
}
# An XML namespace is a name, not an address anybody asks.
FOREIGN = re.compile(r"""(?<!xmlns=["'])(?<!xmlns:xlink=["'])(\bhttps?://(?!www\.w3\.org/)|\bdata:[a-z]+/)""")


def python_files() -> list[Path]:
    files = [
        path
        for top in (*PACKAGES, "tests", "benchmarks")
        for path in (BASE_DIR / top).rglob("*.py")
        if "migrations" not in path.parts
    ]
    assert len(files) > 20
    return sorted(files)


def page_files() -> list[Path]:
    files = [path for path in (BASE_DIR / "templates").rglob("*") if path.is_file()]
    assert files
    return sorted(files)


def static_files() -> list[Path]:
    files = [path for path in (BASE_DIR / "static").rglob("*") if path.suffix in {".css", ".js", ".svg"}]
    assert files
    return sorted(files)


def lines_without_comments(page: Path) -> list[tuple[int, str]]:
    return list(enumerate(re.sub(r"{#.*?#}", "", page.read_text()).splitlines(), 1))


def named(path: Path) -> str:
    return str(path.relative_to(BASE_DIR))


@once
def test_imports_point_in_the_directions_of_the_house():
    command = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run([command, "--no-cache"], cwd=BASE_DIR, capture_output=True, text=True)

    assert answer.returncode == 0, answer.stdout


def test_no_file_is_longer_than_a_reader_can_hold():
    lengths = {named(path): len(path.read_text().splitlines()) for path in python_files()}

    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_module_is_named_after_its_one_job():
    assert [named(path) for path in python_files() if path.stem in FORBIDDEN_NAMES] == []


def test_no_amount_is_a_floating_point_number():
    floats = re.compile(r"\bfloat\(|\bFloatField\(")
    # Where a plot puts its points on the sheet is not money.
    money = {path for path in python_files() if path.is_relative_to(BASE_DIR / "credit")}
    money -= {BASE_DIR / "credit" / "plots.py"}

    assert [named(path) for path in sorted(money) if floats.search(path.read_text())] == []


def test_a_page_carries_no_script_and_no_style_of_its_own():
    found = [
        f"{named(path)}:{number}: {what}"
        for path in page_files()
        # A mail program knows no style sheets and no Content-Security-Policy.
        if path.parent.name != "mail"
        for number, line in lines_without_comments(path)
        for what, pattern in INLINE.items()
        if pattern.search(line)
    ]

    assert found == []


def test_nothing_is_fetched_from_another_site():
    found = [
        f"{named(path)}:{number}: {line.strip()[:80]}"
        for path in (*page_files(), *static_files())
        for number, line in lines_without_comments(path)
        if FOREIGN.search(line)
    ]

    assert found == []


def test_every_static_file_that_a_page_names_exists():
    names = {
        (named(path), name)
        for path in page_files()
        for name in re.findall(r"""{%\s*static\s+["']([^"']+)["']""", path.read_text())
    }

    assert names
    assert [(page, name) for page, name in sorted(names) if finders.find(name) is None] == []


@once
def test_static_files_can_be_collected_under_hashed_names(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

    call_command("collectstatic", interactive=False, verbosity=0)

    assert (tmp_path / "staticfiles.json").exists()


def test_html_comments_do_not_reach_the_browser():
    assert [named(path) for path in page_files() if "<!--" in path.read_text()] == []


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_the_lock_pins_every_package_with_hashes_and_names_no_index(lock):
    text = (BASE_DIR / lock).read_text()
    pins = re.split(r"\n(?=[a-z0-9])", text)

    assert len(pins) > 20
    assert [pin.splitlines()[0] for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []
    assert re.findall(r"\S*://\S*|^--.*| @ .*", text, re.MULTILINE) == []


def test_each_dependency_says_what_it_is_for():
    text = (BASE_DIR / "pyproject.toml").read_text()
    listed = re.findall(r"^(?:dependencies|test|dev) = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)

    assert len(listed) == 3
    assert all(block.lstrip().startswith("#") for block in listed)


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
