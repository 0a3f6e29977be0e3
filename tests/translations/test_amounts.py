"""An amount is read as its reader writes it, and never guessed."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from credit import display
from credit.actions import withdrawals
from credit.actions.refusals import BadInput
from credit.forms.limits import AmountField
from tests.desk import FINANCE
from tests.factories import NOON, a_wallet


def typed(text, language):
    with translation.override(language):
        return AmountField().clean(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1500", "1500"),
        ("1500,5", "1500.5"),
        ("1.500,00", "1500.00"),
        ("1 500,00", "1500.00"),
        ("1.500.000", "1500000"),
        ("0,5", "0.5"),
        ("−8,67", "-8.67"),
        ("12.50", "12.50"),  # two digits behind it: the point can only be the decimal one
        ("1,500.00", "1500.00"),  # copied from an English page
    ],
)
def test_a_german_reader_types_the_comma_and_groups_with_points(text, meant):
    assert typed(text, "de") == meant


def test_a_point_before_three_digits_is_asked_about_with_both_readings():
    with translation.override("de"), pytest.raises(ValidationError) as refused:
        AmountField().clean("1.500")

    assert "1500" in refused.value.messages[0]
    assert "1,5 " in refused.value.messages[0]


def test_an_english_reader_keeps_the_point():
    assert typed("1,500.00", "en") == "1500.00"
    with pytest.raises(ValidationError, match="comma where the decimals begin"):
        typed("1500,5", "en")


@pytest.mark.parametrize("micros", [-1_204_000_000, 0, 5_000_000, 1_234_567_890_000, 86_101_480])
def test_what_a_field_offers_is_what_it_accepts(micros):
    for language in ("en", "de"):
        with translation.override(language):
            offered = display.typed(micros, "EUR")
            assert typed(offered, language) == typed(display.typed(micros, "EUR"), language)
        assert typed(offered, language).replace("-", "") == f"{round(abs(micros) / 10_000) / 100:.2f}"


@pytest.mark.parametrize(
    ("micros", "currency", "english", "german"),
    [
        (1_610_610_610, "EUR", "1610.61061", "1610,61061"),
        (84_210, "EUR", "0.08421", "0,08421"),
        (12_340_000, "EUR", "12.34", "12,34"),
        (1_500_000_000, "JPY", "1500", "1500"),
        (1_500_000, "KWD", "1.500", "1,500"),
    ],
)
def test_an_exact_amount_is_offered_as_its_reader_types_it(micros, currency, english, german):
    for language, offered in (("en", english), ("de", german)):
        with translation.override(language):
            assert display.typed_exactly(micros, currency) == offered
        assert typed(offered, language) == english


def test_amounts_and_days_are_written_as_the_reader_writes_them():
    with translation.override("de"):
        assert display.amount(-1_204_000_000, "EUR") == "−1.204,00"
        assert display.exact(2_246_327_410, "EUR") == "2.246,32741"
        assert display.short_amount(2_000_000_000, "EUR") == "2.000"
        assert " um " in display.in_words(NOON, "UTC")
        assert display.day(NOON) == f"{NOON.day}. {display.short_month(NOON)} {NOON.year}"


@pytest.mark.django_db
def test_a_refusal_is_kept_in_english_and_shown_in_the_readers_language():
    wallet = a_wallet(balance="10")
    with translation.override("de"):
        outcome = withdrawals.withdraw(wallet=wallet, amount="1500", reason="Asked for", by=FINANCE, now=NOON)
        assert outcome.message == "At most the customer’s own money can leave: 10.00 EUR."
        assert outcome.message.shown == "Höchstens das eigene Guthaben des Kunden kann abfließen: 10,00 EUR."


@pytest.mark.django_db
def test_bad_input_says_its_amounts_as_the_reader_writes_them():
    with translation.override("de"), pytest.raises(BadInput) as refused:
        withdrawals.withdraw(wallet=a_wallet(), amount="150.505", reason="Asked for", by=FINANCE, now=NOON)

    assert "Type 150.51, not 150.505." in refused.value.message
    with translation.override("de"):
        assert "150,51" in refused.value.shown
