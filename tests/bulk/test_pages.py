"""The pages: selecting in the list, the preview and the yes, a file, and what may never be selected by mistake."""

import io
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from credit import tasks
from credit.groups import MANAGER, OFFICER, VIEWER
from credit.models import BulkChange, Wallet
from tests.bulk.acts import chosen, money, permanent, run, states
from tests.factories import a_wallet, an_organization
from tests.pages.people import HTMX, signed_in, text

pytestmark = pytest.mark.django_db
LIST, BULK, NEW = "/organizations/", "/bulk-changes/", "/bulk-changes/new/"


@pytest.fixture
def manager():
    return signed_in(MANAGER)


def sent(verb="set_limit", **more):
    return {"verb": verb, "key": uuid4(), "reason_code": "review", "reason": "Yearly", **more}


def page_of(change, part=""):
    return f"{BULK}{change.pk}/{part}"


# -- the list


def test_the_list_has_a_tick_per_wallet_and_a_bar_that_names_what_is_selected(manager, three):
    page = manager.get(LIST)

    html = page.content.decode()
    assert html.count("data-tick") == 3
    assert 'value="W-1-2"' in html
    assert "The ticked wallets of this page." in text(page)


def test_who_may_not_set_limits_sees_no_ticks_and_no_page(three):
    viewer = signed_in(VIEWER)

    assert "data-tick" not in viewer.get(LIST).content.decode()
    assert viewer.get(BULK).status_code == 403
    assert viewer.get(f"{NEW}?wallet=W-1-1").status_code == 403
    assert viewer.post(NEW, sent(wallet="W-1-1", amount="1")).status_code == 403


def test_all_that_match_are_offered_with_their_count_in_words(manager):
    for _ in range(32):
        a_wallet(permanent_limit="5", currency="EUR")
    a_wallet(permanent_limit="5", currency="PLN")

    page = text(manager.get(f"{LIST}?currency=EUR"))

    assert "Select all 32 that match the filters" in page


# -- choosing


def test_ticked_wallets_are_said_in_words_with_their_currencies(manager, three):
    page = text(manager.get(f"{NEW}?wallet=W-1-1&wallet=W-1-3&verb=raise_limit"))

    assert "2 wallets ticked in the list" in page
    assert "in EUR" in page
    assert "Preview 2 wallets" in page


def test_all_that_match_are_said_with_the_filter_s_words(manager, three):
    a_wallet(mode="postpaid", permanent_limit="9")

    page = text(manager.get(f"{NEW}?all=1&mode=prepaid&q=tatra"))

    assert "All 3 wallets that match “tatra”, Mode: prepaid" in page


@pytest.mark.parametrize(
    "query",
    [
        "all=1&mode=prepay",
        "all=1&curency=EUR",
        "all=1&currency=XXX",
        "all=1&sort=nothing",
        "all=1&wallet=W-1-1",
        "all=yes",
        "mode=prepaid",
        "wallet=W-1-1&wallet=W-9-9",
        "wallet=W-1-1&mode=prepaid",
        "",
    ],
)
def test_an_address_that_cannot_be_read_selects_nothing_and_never_everything(manager, three, query):
    shown = manager.get(f"{NEW}?{query}")
    fields = dict(part.split("=") for part in query.split("&") if part and not part.startswith("wallet"))
    wallets = [part.partition("=")[2] for part in query.split("&") if part.startswith("wallet")]
    posted = manager.post(NEW, sent(amount="1", wallet=wallets, **fields))

    assert (shown.status_code, posted.status_code) == (422, 422)
    assert "Nothing is selected" in text(shown)
    assert not BulkChange.objects.exists()


def test_more_than_a_bulk_change_takes_is_refused_with_the_bound(manager, three, monkeypatch):
    monkeypatch.setattr("credit.bulk.making.MOST_ROWS", 2)

    answer = manager.post(NEW, sent(all="1", amount="1"))

    assert answer.status_code == 422
    assert "More than 2 wallets match." in text(answer)


def test_a_filter_selects_what_matches_and_nothing_else(manager, three):
    other = a_wallet(organization=an_organization("Other"), permanent_limit="50")

    manager.post(NEW, sent(all="1", q="tatra", amount="500"))

    chosen_pks = set(BulkChange.objects.get().rows.values_list("wallet_id", flat=True))
    assert chosen_pks == {wallet.pk for wallet in three}
    assert other.pk not in chosen_pks


def test_a_reason_is_asked_for_and_what_was_typed_stays(manager, three):
    answer = manager.post(NEW, sent(wallet="W-1-1", amount="250", reason_code=""))

    assert answer.status_code == 422
    assert 'value="250"' in answer.content.decode()
    assert "Choose why." in text(answer)


def test_a_refusal_stands_at_the_field_that_it_is_about(manager, three):
    answer = manager.post(NEW, sent("raise_limit", wallet="W-1-1", percent="a lot"))

    assert answer.status_code == 422
    assert "Percent must be a number" in text(answer)


# -- from the preview to the end


def test_from_ticks_to_done(manager, three):
    answer = manager.post(NEW, sent("raise_limit", wallet=["W-1-1", "W-1-2"], percent="10"), follow=True)
    change = BulkChange.objects.get()
    preview = text(answer)
    assert "100.00→ becomes 110.00 EUR" in preview
    assert "Change 2 wallets" in preview
    assert permanent(*three) == money("100", "200", "300")

    manager.post(page_of(change, "run/"), {"how": "rows"})
    tasks.work_on_bulk_change(change.pk)

    assert permanent(*three) == money("110", "220", "300")
    done = text(manager.get(page_of(change)))
    assert "2 done, 0 left out." in done
    assert "Preview the reversal of 2 rows" in done


def test_a_large_one_is_previewed_by_a_worker_and_shows_how_far_it_is(
    manager, asked, django_capture_on_commit_callbacks
):
    wallets = [a_wallet(permanent_limit="100") for _ in range(31)]
    with django_capture_on_commit_callbacks(execute=True):
        manager.post(NEW, sent(wallet=[wallet.wallet_id for wallet in wallets], amount="150"))
    change = BulkChange.objects.get()
    waiting = manager.get(page_of(change))
    assert "0 % previewed" in text(waiting)
    assert "hx-get" in waiting.content.decode()

    assert asked == [("credit.tasks.work_on_bulk_change", change.pk)]
    tasks.work_on_bulk_change(change.pk)

    ready = manager.get(page_of(change), **HTMX)
    assert "Change 31 wallets" in text(ready)
    assert "hx-trigger" not in ready.content.decode()


def test_what_hurts_names_the_harm_and_its_button_is_dangerous(manager, eva):
    change = chosen([a_wallet(permanent_limit="100", balance="-80")], "set_limit", eva, amount="50")

    page = manager.get(page_of(change))

    assert "1 limit falls below what is used" in text(page)
    assert "1 blocked at once" in text(page)
    assert "btn-danger" in page.content.decode()


def test_problems_stand_beside_their_rows_and_in_a_tab(manager, three, eva):
    change = chosen([*three, a_wallet()], "raise_limit", eva, percent="10")

    every, problems = text(manager.get(page_of(change))), text(manager.get(page_of(change, "?rows=problem")))

    assert "Problems 1" in every
    assert "No limit is set that could be raised." in problems
    assert "W-1-1" not in problems


def test_a_tab_or_place_that_cannot_be_read_lists_nothing_or_the_first_page(manager, three, eva):
    change = chosen(three, "set_limit", eva, amount="250")

    assert "No row here." in text(manager.get(page_of(change, "?rows=everything")))
    assert manager.get(page_of(change, "?after=nowhere")).status_code == 302


def test_rows_are_paged_by_place(manager, eva, monkeypatch):
    monkeypatch.setattr("credit.views.bulk_page.PAGE", 2)
    change = chosen([a_wallet(permanent_limit="1") for _ in range(5)], "set_limit", eva, amount="2")

    first = manager.get(page_of(change))
    second = manager.get(page_of(change) + first.context["next_url"])

    assert [one.row.number for one in first.context["rows"]] == [1, 2]
    assert [one.row.number for one in second.context["rows"]] == [3, 4]


def test_another_person_s_preview_can_be_read_but_not_run(three, eva):
    change = chosen(three, "set_limit", eva, amount="250")
    officer = signed_in(OFFICER)

    assert "Only they can say yes to it." in text(officer.get(page_of(change)))
    officer.post(page_of(change, "run/"), {"how": "rows"})

    assert BulkChange.objects.get().state == "planned"


def test_discarding_and_previewing_again(manager, three, eva):
    change = chosen(three, "raise_limit", eva, percent="10")
    Wallet.objects.filter(pk=three[0].pk).update(permanent_limit_micros=400_000_000)

    manager.post(page_of(change, "preview/"))
    assert "400.00→ becomes 440.00 EUR" in text(manager.get(page_of(change)))
    manager.post(page_of(change, "discard/"))

    assert BulkChange.objects.get().state == "dropped"


def test_the_reversal_is_a_preview_of_its_own(manager, three, eva):
    change = run(chosen(three, "raise_limit", eva, percent="10"), eva)

    answer = manager.post(page_of(change, "reverse/"), sent(reason_code="correction"), follow=True)

    back = BulkChange.objects.latest("pk")
    assert back.reverses == change
    assert "110.00→ becomes 100.00 EUR" in text(answer)
    assert f"Reversed by No. {back.pk}" in text(manager.get(page_of(change)))


# -- files


def upload(client, content, name="limits.csv", **more):
    return client.post(
        BULK, {**sent(), "file": SimpleUploadedFile(name, content.encode()), **more}, follow=True
    )


def test_the_list_s_own_export_filled_in_and_sent_is_the_natural_way(manager, three):
    exported = b"".join(manager.get("/organizations/export.csv?mode=prepaid")).decode("utf-8-sig")
    head, *lines = exported.splitlines()
    assert head.endswith(",New limit,Days,Until,Reason")
    filled = [line[: -len(",,,")] + "150,,,Pays on Friday" if "W-1-2" in line else line for line in lines]

    page = upload(manager, "\r\n".join([head, *filled]))

    change = BulkChange.objects.get()
    assert states(change).count("planned") == 1
    assert "200.00→ becomes 150.00 EUR" in text(page)
    assert "“Pays on Friday”" in text(page)


def test_a_file_that_is_none_is_refused_with_what_to_do(manager, three):
    page = upload(manager, "Wallet,Limit\nW-1-1,5\n")

    assert page.status_code == 422
    assert "Nothing was taken." in text(page)
    assert "The file has no column Wallet ID, New limit." in text(page)


def test_a_file_that_ran_before_is_told(manager, three, eva):
    content = "Wallet ID,New limit\nW-1-1,150\n"
    upload(manager, content)
    run(BulkChange.objects.get(), eva)

    assert "This file was run before." in text(upload(manager, content))


def test_the_rows_left_out_come_back_in_the_file_s_own_form_with_what_is_wrong(manager, three):
    upload(manager, "Region;Wallet ID;New limit\nNorth;W-1-1;=1+1\nSouth;W-9-9;5\nEast;W-1-2;150\n")
    change = BulkChange.objects.get()

    lines = b"".join(manager.get(page_of(change, "left-out.csv"))).decode("utf-8-sig").splitlines()

    assert lines[0] == "Region,Wallet ID,New limit,Problem"
    assert lines[1].startswith("North,W-1-1,'=1+1,")
    assert lines[2].startswith("South,W-9-9,5,No wallet has the Wallet ID W-9-9.")
    assert len(lines) == 3


def test_every_row_comes_as_csv_with_its_before_and_after(manager, three, eva):
    change = chosen(three, "raise_limit", eva, percent="10")

    lines = b"".join(manager.get(page_of(change, "rows.csv"))).decode("utf-8-sig").splitlines()

    assert lines[1] == "1,Tatra Telekom,W-1-1,EUR,planned,100.00,110.00,,100.00,110.00,"


def test_a_file_that_is_too_large_is_refused_before_it_is_read(manager, monkeypatch):
    monkeypatch.setattr("credit.bulk.sheets.MOST_BYTES", 10)

    assert upload(manager, "Wallet ID,New limit\nW-1-1,150\n").status_code in (413, 422)


# -- what they cost


def test_the_page_of_a_bulk_change_asks_a_bounded_number_of_questions(
    manager, eva, django_assert_max_num_queries
):
    change = chosen([a_wallet(permanent_limit="1") for _ in range(30)], "set_limit", eva, amount="2")

    with django_assert_max_num_queries(12):
        manager.get(page_of(change))


def test_the_list_of_bulk_changes_asks_a_bounded_number_of_questions(
    manager, three, eva, django_assert_max_num_queries
):
    for _ in range(5):
        chosen(three, "set_limit", eva, amount="250")

    with django_assert_max_num_queries(9):
        assert "Waits for a yes" in text(manager.get(BULK))


def test_selected_wallets_come_as_a_workbook_that_is_filled_in_and_sent_back(manager, three):
    a_wallet(organization=an_organization("=Formula & Sons"), wallet_id="W-2-1")
    answer = manager.get(f"{BULK}limits.xlsx?all=1&mode=prepaid")
    book = load_workbook(io.BytesIO(b"".join(answer)))
    sheet = book.active
    assert [cell.value for cell in sheet[1]][-4:] == ["New limit", "Days", "Until", "Reason"]
    assert sheet["A2"].value == "'=Formula & Sons"
    assert (sheet["C4"].value, sheet["H4"].value) == ("W-1-2", 200)

    sheet["J4"] = 250.5
    sheet["K4"] = 14
    filled = io.BytesIO()
    book.save(filled)
    file = SimpleUploadedFile("limits.xlsx", filled.getvalue())
    page = manager.post(BULK, {**sent(), "file": file}, follow=True)

    assert states(BulkChange.objects.get()) == ["unchanged", "unchanged", "planned", "unchanged"]
    assert "200.00→ becomes 250.50 EUR" in text(page)


def test_a_workbook_of_a_selection_that_cannot_be_read_is_not_one_of_everything(manager, three):
    assert manager.get(f"{BULK}limits.xlsx?all=1&mode=prepay").status_code == 422
    assert manager.get(f"{BULK}limits.xlsx").status_code == 422
    assert signed_in(VIEWER).get(f"{BULK}limits.xlsx?all=1").status_code == 403
