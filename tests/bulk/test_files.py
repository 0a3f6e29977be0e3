"""Sheets of limits: what spreadsheets of every country write is read, and what could be misread is refused by row."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from credit.actors import Actor
from credit.bulk import sheets
from credit.models import BulkChange
from organizations.rows import UnreadableFile
from tests.bulk.acts import messages, money, permanent, run, states, uploaded
from tests.factories import a_wallet

pytestmark = pytest.mark.django_db
FINANCE = Actor.system("Finance")  # bound by no authority


def excel(*rows):
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def amounts(change):
    return [row.amount_micros for row in change.rows.order_by("number")]


def test_a_file_is_previewed_and_then_run_with_each_row_s_own_reason(three, eva):
    change = uploaded(
        "Wallet ID,New limit,Days,Until,Reason\nW-1-1,150,,,Pays on Friday\nW-1-2,400.50,14,,\n", eva
    )

    done = run(change, eva)

    assert states(done) == ["done", "done"]
    rows = list(done.rows.order_by("number"))
    assert (rows[0].number, rows[0].limit.reason) == (2, "Pays on Friday")
    assert (rows[1].limit.slot, rows[1].limit.reason) == ("temporary", "Yearly")
    assert permanent(*three) == money("150", "200", "300")


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_sign_between_cells_is_found_by_the_header(three, eva, sign):
    change = uploaded(f"Wallet ID{sign}New limit\nW-1-1{sign}150\n", eva)

    assert amounts(change) == money("150")


def test_the_line_with_which_excel_names_its_sign_is_understood(three, eva):
    change = uploaded("sep=;\nWallet ID;New limit\nW-1-1;1500,50\n", eva)

    assert amounts(change) == money("1500.50")
    assert change.rows.get().number == 3


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_the_first_column(three, eva, encoding):
    change = uploaded("Wallet ID\tNew limit\nW-1-1\t150\n".encode(encoding), eva)

    assert amounts(change) == money("150")


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1500", "1500"),
        ("1500,50", "1500.50"),
        ("1500.50", "1500.50"),
        ("1.500,50", "1500.50"),
        ("1,500.50", "1500.50"),
        ("1 500,50", "1500.50"),
        ("1\u00a0500,5", "1500.50"),
        ("1\u202f500", "1500"),
        ("1'500.50", "1500.50"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("12.345.678,90", "12345678.90"),
        ("0,500", "0.50"),
        ("0", "0"),
        ("1500.500", "1500.50"),
    ],
)
def test_an_amount_is_read_as_any_country_writes_it(three, typed, amount):
    change = uploaded(f"Wallet ID\tNew limit\nW-1-1\t{typed}\n", FINANCE)

    assert states(change) == ["planned"], messages(change)
    assert amounts(change) == money(amount)


@pytest.mark.parametrize("typed", ["1,234", "1.234", "12.500"])
def test_an_amount_that_can_be_read_in_two_ways_is_refused_not_guessed(three, eva, typed):
    change = uploaded(f"Wallet ID\tNew limit\nW-1-1\t{typed}\n", eva)

    assert states(change) == ["problem"]
    assert "can be read in two ways" in messages(change)[0]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("=A1*1.1", "is a formula"),
        ("+50", "is a formula"),
        ("@SUM(A1)", "is a formula"),
        ("#REF!", "error of the spreadsheet"),
        ("-5", "negative"),
        ("about 100", "is not an amount"),
        ("1.2.3", "is not an amount"),
        ("10,5,5", "is not an amount"),
        ("1e5", "is not an amount"),
        ("1500.505", "too many decimals"),
        ("1000000000001", "larger than"),
    ],
)
def test_what_is_no_amount_is_a_problem_of_its_row_alone(three, eva, typed, words):
    change = uploaded(f"Wallet ID\tNew limit\nW-1-1\t{typed}\nW-1-2\t150\n", eva)

    assert states(change) == ["problem", "planned"]
    assert words in messages(change)[0]


def test_an_unknown_wallet_a_slipped_row_and_another_currency_are_problems_of_their_rows(three, eva):
    change = uploaded("Wallet ID,New limit,Currency\nW-9-9,1,\n,1,\nW-1-1,1,PLN\nW-1-2,1,eur\n", eva)

    assert states(change) == ["problem", "problem", "problem", "planned"]
    reasons = list(change.rows.order_by("number").values_list("reason_code", flat=True))
    assert reasons == ["not_found", "not_found", "currency_mismatch", ""]


def test_a_wallet_named_twice_is_done_once_or_if_the_rows_disagree_not_at_all(three, eva):
    same = uploaded("Wallet ID,New limit\nW-1-1,150\nw-1-1 ,150\n", eva)
    other = uploaded("Wallet ID,New limit\nW-1-1,150\nW-1-2,150\nW-1-1,170\n", eva)

    assert states(same) == ["planned", "unchanged"]
    assert states(other) == ["problem", "planned", "problem"]
    assert messages(other)[2] == "Row 2 asks something else for this wallet. Leave one of them."


def test_an_end_is_typed_as_days_as_a_day_or_as_an_instant_on_the_customer_s_clock(eva):
    for number in range(4):
        a_wallet(wallet_id=f"W-{number}", permanent_limit="100", time_zone="Europe/Tallinn")
    change = uploaded(
        "Wallet ID;New limit;Days;Until\nW-0;150;7,0;\nW-1;150;;2026-12-31\nW-2;150;;31.12.2026 15:30\nW-3;150;;soon\n",
        eva,
    )

    ends = [row.ends_at for row in change.rows.order_by("number")]
    assert ends[0] is not None
    assert [f"{end:%Y-%m-%d %H:%M}" for end in ends[1:3]] == ["2026-12-31 22:00", "2026-12-31 13:30"]
    assert states(change) == ["planned", "planned", "planned", "problem"]


def test_unlimited_is_a_word_of_its_own_and_an_empty_cell_leaves_the_wallet(three, eva):
    change = uploaded("Wallet ID,New limit\nW-1-1,Unlimited\nW-1-2,\nW-1-3,0\n", eva)

    assert states(change) == ["planned", "unchanged", "planned"]
    assert change.rows.order_by("number")[0].after["state"] == "unlimited"


def test_a_row_whose_limit_changed_since_the_download_is_a_conflict(three, eva):
    head = "Wallet ID,Credit limit,Limit is,New limit\n"
    change = uploaded(head + "W-1-1,90.00,permanent,150\nW-1-2,200,permanent,250\nW-1-3,,not set,400\n", eva)

    assert states(change) == ["problem", "planned", "problem"]
    assert "The file says the limit was 90.00 EUR; now it is 100.00 EUR." in messages(change)[0]


def test_a_new_total_typed_into_the_wrong_column_is_told_not_dropped_in_silence(three, eva):
    change = uploaded("Wallet ID,Credit limit,Limit is,New limit\nW-1-1,150,permanent,\n", eva)

    assert states(change) == ["problem"]
    assert "A new total belongs into the column New limit." in messages(change)[0]


def test_numbers_of_a_spreadsheet_keep_their_value_and_formulas_are_refused(three, eva):
    change = uploaded(
        excel(
            ["Wallet ID", "New limit", "Days"],
            ["W-1-1", 1234.5, 7],
            ["W-1-2", "=100*2", None],
            ["W-1-3", 1.25e3, None],
        ),
        eva,
    )

    assert states(change) == ["planned", "problem", "planned"]
    assert amounts(change) == [*money("1234.5"), None, *money("1250")]
    assert "is a formula" in messages(change)[1]


def test_a_number_with_three_decimals_is_no_riddle_where_the_currency_has_three(eva):
    a_wallet(wallet_id="W-1", currency="KWD", permanent_limit="1")

    change = uploaded(excel(["Wallet ID", "New limit"], ["W-1", 1.234]), eva)

    assert amounts(change) == money("1.234")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no column Wallet ID, New limit"),
        (b"Wallet ID,Limit\nW-1,1\n", "no column New limit"),
        (b"Wallet ID,New limit,new_limit\n", "twice"),
        (b"Wallet ID,New limit\n", "no rows"),
        (b'Wallet ID,New limit\n"W-1,1\n', "no CSV"),
        ("Wallet ID,New limit\nZüge,1\n".encode("cp1252"), "not in UTF-8"),
        (b"PK\x03\x04 no zip", "damaged"),
        (b"\xd0\xcf\x11\xe0 old", "XLS file"),
    ],
)
def test_what_is_no_sheet_of_limits_is_refused_as_a_whole_and_nothing_is_kept(three, eva, content, words):
    with pytest.raises(UnreadableFile, match=words):
        uploaded(content, eva)

    assert not BulkChange.objects.exists()


def test_a_zip_that_is_no_workbook_or_unpacks_to_too_much_is_refused(three, eva, monkeypatch):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings.xml", b"0" * 5_000)
    with pytest.raises(UnreadableFile, match="cannot be opened as XLSX"):
        uploaded(file.getvalue(), eva)

    monkeypatch.setattr(sheets, "MOST_UNPACKED_BYTES", 4_000)
    with pytest.raises(UnreadableFile, match="unpacks to more"):
        uploaded(file.getvalue(), eva)


def test_more_rows_than_a_bulk_change_takes_are_refused_before_any_is_kept(three, eva, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)

    with pytest.raises(UnreadableFile, match="more than 2 rows"):
        uploaded("Wallet ID,New limit\nW-1-1,1\nW-1-2,1\nW-1-3,1\n", eva)

    assert not BulkChange.objects.exists()


def test_empty_lines_are_no_rows_and_too_many_cells_are_a_problem(three, eva):
    change = uploaded("Wallet ID,New limit\n,\n\nW-1-1,150\nW-1-2,1,500\n", eva)

    assert states(change) == ["planned", "problem"]
    assert "more cells than the header" in messages(change)[1]


def test_a_file_sent_again_finds_its_wallets_standing_so_already(three, eva):
    content = "Wallet ID,New limit\nW-1-1,150\nW-1-2,250\n"
    run(uploaded(content, eva), eva)

    assert states(uploaded(content, eva)) == ["unchanged", "unchanged"]


def test_no_days_are_no_permanent_limit_and_days_beside_an_end_are_refused(eva):
    wallets = [a_wallet(wallet_id=f"W-{number}", permanent_limit="100") for number in range(3)]

    change = uploaded(
        "Wallet ID;New limit;Days;Until\nW-0;150;0;\nW-1;150;0,0;2099-12-31\nW-2;150;7;2099-12-31\n", eva
    )

    assert states(change) == ["problem", "problem", "problem"]
    assert messages(change) == [
        "Days must be a whole number, such as 7.",
        "Days must be a whole number, such as 7.",
        "Give days or an exact end, not both.",
    ]
    assert permanent(*wallets) == money("100", "100", "100")
