"""A sentence that a column keeps is read back as the same sentence, for a reader of any language."""

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy

from credit.languages import Both, Label, Number, Said, in_both, in_language, kept, read, shown
from credit.models import BulkChange

AMOUNT = Said("%(amount)s %(currency)s is below the permanent limit, which is %(stands)s.") % {
    "amount": Number("1,204.50"),
    "currency": "EUR",
    "stands": "2",
}


@pytest.mark.parametrize(
    "words",
    [
        AMOUNT,
        Said("New limit is empty."),
        Said("%(label)s is a formula. Type the value itself, or paste it as a value.")
        % {"label": Said("New limit")},
        Said("The organization is %(status)s already.") % {"status": Label(gettext_lazy("Suspended"))},
        Both("May 2026", lambda: "Mai 2026"),
        in_both(lambda: translation.gettext("Unlimited")),
    ],
)
def test_what_is_kept_says_the_same_in_every_language(words):
    again = read(kept(words))

    assert str(again) == str(words)
    assert in_language("de", again) == in_language("de", words)
    assert in_language("de", again) != str(again)


def test_amounts_and_whole_numbers_stand_as_the_reader_writes_them():
    assert "1,204.50 EUR" in read(kept(AMOUNT))
    assert "1.204,50 EUR" in in_language("de", read(kept(AMOUNT)))
    words = Said("Days must be a whole number from 1 to %(longest)s.") % {"longest": 365}
    assert "365" in in_language("de", read(kept(words)))


@pytest.mark.parametrize("text", ["", "100 % fertig", "Unlimited", '{"said":"%(a)s"}', '{"each":1}', "{}"])
def test_a_text_that_is_no_sentence_of_ours_stays_as_it_stands(text):
    assert read(kept(text)) == text
    assert in_language("de", read(kept(text))) == text


def test_words_are_made_anew_from_their_numbers_in_the_language_of_now():
    with translation.override("de"):
        words = in_both(lambda: translation.gettext("Unlimited"))

    assert words == "Unlimited"
    assert in_language("de", words) == "Unbegrenzt"


@pytest.mark.django_db
def test_a_sentence_is_one_before_it_is_saved_and_after():
    change = BulkChange(chosen=AMOUNT)

    assert shown(change.chosen) == str(AMOUNT)
    assert BulkChange(error=AMOUNT).error is AMOUNT
