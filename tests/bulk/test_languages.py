"""What a bulk change says is kept with its values, and said in the language of whoever looks at it."""

import pytest
from django.db import connection
from django.utils import translation

from credit.groups import MANAGER
from credit.languages import in_language
from credit.models import BulkChange
from tests.bulk.acts import chosen, messages, money, permanent, run, uploaded, worked
from tests.bulk.test_pages import BULK, NEW, page_of, sent
from tests.bulk.test_running import set_meanwhile
from tests.factories import a_wallet
from tests.pages.people import signed_in, text

TWO_PROBLEMS = "Wallet ID;New limit\nW-0;-5\nW-1;1.234\n"


@pytest.fixture
def manager(db):
    return signed_in(MANAGER)


@pytest.fixture
def german(db):
    return signed_in(MANAGER, language="de")


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_is_wrong_with_a_row_is_kept_in_english_and_said_to_each_reader_in_theirs(eva, language):
    for number in range(2):
        a_wallet(wallet_id=f"W-{number}", permanent_limit="100")

    with translation.override(language):
        change = uploaded(TWO_PROBLEMS, eva)

    assert messages(change) == [
        "Amount is negative. Type it without the minus.",
        "“1.234” can be read in two ways. Write 1234 or 1.2340.",
    ]
    assert [in_language("de", message) for message in messages(change)] == [
        "Der Betrag ist negativ. Geben Sie ihn ohne Minus ein.",
        "„1.234“ kann zweierlei bedeuten. Schreiben Sie 1234 oder 1.2340.",
    ]


def test_the_page_of_what_a_worker_previewed_speaks_the_language_of_who_looks(eva, manager, german):
    a_wallet(wallet_id="W-0", permanent_limit="100")
    change = uploaded("Wallet ID;New limit\nW-0;-5\nnone;5\n", eva)

    assert "No wallet has the Wallet ID none." in text(manager.get(page_of(change)))
    page = text(german.get(page_of(change)))
    assert "Der Betrag ist negativ. Geben Sie ihn ohne Minus ein." in page
    assert "No wallet has" not in page


def test_a_harm_is_said_with_the_amounts_as_the_reader_writes_them(eva, manager, german):
    wallet = a_wallet(permanent_limit="9000", balance="-8000.50")
    change = chosen([wallet], "set_limit", eva, amount="50")

    assert "8,000.50 EUR is used already" in text(manager.get(page_of(change)))
    assert "8.000,50 EUR sind bereits" in text(german.get(page_of(change)))
    assert change.rows.exclude(harms=[]).count() == 1


def test_why_all_or_nothing_stopped_is_said_in_the_readers_language(three, eva, manager, german):
    change = chosen(three, "set_limit", eva, amount="250")
    set_meanwhile(three[2], "500")
    done = run(change, eva, together=True)

    assert "Nothing was changed: 1 of 3 rows were refused." in text(manager.get(page_of(done)))
    page = text(german.get(page_of(done)))
    assert in_language("de", done.error) in page
    assert "Nothing was changed" not in page


def test_which_wallets_were_chosen_is_said_in_the_readers_language(three, manager, german):
    german.post(NEW, sent(all="1", mode="prepaid", currency="EUR", amount="150"))
    german.post(NEW, sent(wallet=["W-1-1", "W-1-2"], amount="150"))

    ticked, matching = BulkChange.objects.all()
    assert ticked.chosen == "2 wallets ticked in the list"
    assert matching.chosen == "All 3 wallets that match Currency: EUR, Mode: prepaid"
    english, spoken = text(manager.get(BULK)), text(german.get(BULK))
    assert ticked.chosen in english
    assert matching.chosen in english
    assert in_language("de", ticked.chosen) in spoken
    assert "wallets" not in in_language("de", matching.chosen)
    assert "that match" not in spoken


def test_the_name_of_a_file_is_nobodys_sentence(eva):
    name = '{"said":"%(a)s","given":{}}'
    change = worked(uploaded(TWO_PROBLEMS, eva))
    BulkChange.objects.filter(pk=change.pk).update(chosen=name)

    kept = BulkChange.objects.get(pk=change.pk).chosen
    assert (kept, in_language("de", kept)) == (name, name)


def test_a_row_from_before_sentences_were_kept_with_their_values_reads_as_it_was_written(three, eva, german):
    change = chosen(three, "set_limit", eva, amount="250")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE credit_bulkrow SET message = 'Wie es damals stand, 5 %.', state = 'unchanged'")
        cursor.execute("UPDATE credit_bulkchange SET chosen = '3 wallets of old'")

    assert messages(change) == ["Wie es damals stand, 5 %."] * 3
    page = text(german.get(page_of(change)))
    assert "Wie es damals stand, 5 %." in page
    assert "3 wallets of old" in page


def test_the_file_of_rows_is_english_whoever_downloads_it(eva, german):
    a_wallet(wallet_id="W-0", permanent_limit="100")
    change = uploaded("Wallet ID;New limit\nW-0;-5\n", eva)

    written = b"".join(german.get(page_of(change, "left-out.csv")).streaming_content).decode()
    assert "Amount is negative. Type it without the minus." in written


def test_unlimited_may_be_typed_in_any_language_of_the_portal(eva):
    wallets = [a_wallet(wallet_id=f"W-{number}", permanent_limit="100") for number in range(2)]
    change = uploaded("Wallet ID;New limit\nW-0;Unbegrenzt\nW-1;unlimited\n", eva)

    assert list(change.rows.values_list("unlimited", flat=True)) == [True, True]
    assert permanent(*wallets) == money("100", "100")
