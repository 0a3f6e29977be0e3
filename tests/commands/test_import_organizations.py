import csv
import gzip
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from organizations.models import Organization
from organizations.register import time_zone_of

HARD_NAMES = Path(__file__).parent.parent / "data" / "hard_names.csv"
HEADER = "lei,legal_name,country,category"

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    def write(*lines, header=HEADER, name="register.csv"):
        path = tmp_path / name
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return path

    return write


def run(path, *options):
    out, err = StringIO(), StringIO()
    call_command("import_organizations", str(path), *options, verbosity=0, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_every_hard_name_is_kept_letter_by_letter():
    out, err = run(HARD_NAMES)
    assert out == "1,300 rows: 1,300 added, 0 already there, 0 refused.\n"
    assert err == ""
    with HARD_NAMES.open(encoding="utf-8") as rows:
        expected = {row["lei"]: " ".join(row["legal_name"].split()) for row in csv.DictReader(rows)}
    assert dict(Organization.objects.values_list("reference", "name")) == expected


def test_a_second_run_changes_nothing():
    run(HARD_NAMES)
    before = list(Organization.objects.order_by("pk").values())
    assert run(HARD_NAMES)[0] == "1,300 rows: 0 added, 1,300 already there, 0 refused.\n"
    assert list(Organization.objects.order_by("pk").values()) == before


def test_a_dry_run_stores_nothing_and_says_what_would_be():
    out, _ = run(HARD_NAMES, "--dry-run")
    assert out == "1,300 rows: 1,300 would be added, 0 already there, 0 refused.\n"
    assert not Organization.objects.exists()


def test_two_organizations_may_have_one_name(file):
    run(file("A1,Twin s.r.o.,SK,GENERAL", "A2,Twin s.r.o.,SK,GENERAL"))
    assert list(Organization.objects.values_list("name", flat=True)) == ["Twin s.r.o."] * 2


def test_a_row_given_twice_in_one_file_is_one_organization(file):
    out, _ = run(file("A1,Once s.r.o.,SK,GENERAL", "A1,Once s.r.o.,SK,GENERAL"))
    assert out == "2 rows: 1 added, 1 already there, 0 refused.\n"


def test_a_known_lei_under_another_name_is_refused_and_the_name_kept(file):
    run(file("A1,Old name,SK,GENERAL"))
    out, err = run(file("A1,New name,SK,GENERAL"))
    assert "line 2: The LEI is there under another name, which is kept: Old name" in err
    assert out.endswith("1 refused.\n")
    assert Organization.objects.get().name == "Old name"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("A1,,SK,GENERAL", "Name is empty."),
        ("A1,   ,SK,GENERAL", "Name is empty."),
        ("A1,Bell\x07 Ltd,GB,GENERAL", "Name has a control character"),
        ('A1,"Two\nlines",GB,GENERAL', "Name has a control character"),
        ("A1,Tab\there,GB,GENERAL", "Name has a control character"),
        (f"A1,{'x' * 513},GB,GENERAL", "Name: "),
        (",No LEI,GB,GENERAL", "LEI is empty."),
        ("A 1,Odd LEI,GB,GENERAL", "LEI is not made of letters and digits"),
        (f"{'A' * 65},Long LEI,GB,GENERAL", "Reference: "),
        ("A1,Far away,Utopia,GENERAL", "Country is no ISO 3166 code"),
        ("A1,Too many cells,GB,GENERAL,more", "The row has 5 cells, the header 4."),
        ("A1,Too few cells", "The row has 2 cells, the header 4."),
        ('A1,"Open quote" Ltd,GB,GENERAL', "The line is no CSV"),
    ],
)
def test_a_row_that_cannot_be_kept_is_refused_with_its_line_and_reason(file, tmp_path, line, reason):
    refused = tmp_path / "refused.csv"
    out, err = run(file("B1,Before,SK,GENERAL", line, "B2,After,SK,GENERAL"), "--refused", str(refused))
    assert f"line 3: {reason}" in err
    assert "2 added" in out
    assert "1 refused" in out
    with refused.open(encoding="utf-8", newline="") as rows:
        (row,) = csv.DictReader(rows)
    assert (row["line"], row["reason"].startswith(reason)) == ("3", True)


def test_a_name_of_512_characters_is_kept(file):
    run(file(f"A1,{'x' * 512},GB,GENERAL"))
    assert Organization.objects.get().name == "x" * 512


def test_the_mended_file_of_refused_rows_can_be_imported(file, tmp_path):
    refused = tmp_path / "refused.csv"
    run(file("A1,,SK,GENERAL"), "--refused", str(refused))
    refused.write_text(refused.read_text().replace("A1,,SK", "A1,Mended,SK"))
    assert run(refused)[0] == "1 rows: 1 added, 0 already there, 0 refused.\n"


def test_a_row_in_another_encoding_costs_that_row_only(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes(HEADER.encode() + b"\nA1,Caf\xe9,FR,GENERAL\nA2,Plain,FR,GENERAL\n")
    out, err = run(path, "--refused", str(tmp_path / "refused.csv"))
    assert "line 2: The row is not in UTF-8." in err
    assert "1 added" in out


def test_a_packed_file_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "register.csv.gz"
    path.write_bytes(gzip.compress(("\ufeff" + HEADER + "\nA1,Packed,FR,GENERAL\n").encode()))
    assert "1 added" in run(path)[0]


def test_accents_typed_as_two_characters_are_the_same_name(file):
    run(file("A1,Cafe\u0301,FR,GENERAL"))
    assert run(file("A1,Caf\u00e9,FR,GENERAL"))[0] == "1 rows: 0 added, 1 already there, 0 refused.\n"


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("SK", "Europe/Bratislava"),
        ("IN", "Asia/Kolkata"),
        ("US", "America/New_York"),
        ("CA", "America/Toronto"),
        ("AU", "Australia/Sydney"),
        ("", "UTC"),
        ("XX", "UTC"),
    ],
)
def test_the_country_gives_the_time_zone(country, zone):
    assert time_zone_of(country) == zone


def test_one_time_zone_can_be_given_for_all(file):
    run(file("A1,Anywhere,US,GENERAL"), "--time-zone", "Asia/Tokyo")
    assert Organization.objects.get().time_zone == "Asia/Tokyo"


def test_a_time_zone_that_is_none_stops_the_import(file):
    with pytest.raises(CommandError, match="not known"):
        run(file("A1,Anywhere,US,GENERAL"), "--time-zone", "Mars/Olympus")


def test_a_file_without_the_columns_is_refused_as_a_whole(file):
    with pytest.raises(CommandError, match="no column lei, legal_name"):
        run(file("x;y", header="lei;legal_name"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"nothing\.csv cannot be opened"):
        run(tmp_path / "nothing.csv")


def test_a_cut_off_packed_file_says_where(tmp_path):
    path = tmp_path / "register.csv.gz"
    whole = gzip.compress(
        (HEADER + "\n" + "\n".join(f"A{n},Name {n * 7919},FR,GENERAL" for n in range(9000))).encode()
    )
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CommandError, match="is damaged after line"):
        run(path)
