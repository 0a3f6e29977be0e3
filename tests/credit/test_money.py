"""Amounts: what is sent becomes exact micros or is refused, never rounded in silence (product.md sections 2 and 9)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit import money
from credit.money import InvalidAmount


@pytest.mark.parametrize(
    ("sent", "micros"),
    [
        ("0", 0),
        ("0.000001", 1),
        ("150.50", 150_500_000),
        ("-8.67", -8_670_000),
        (" 12 ", 12_000_000),
        ("1e3", 1_000_000_000),
        ("-0", 0),
        (7, 7_000_000),
        (Decimal("2086.10148"), 2_086_101_480),
        ("0.1000000000", 100_000),
        ("1000000000000", 10**18),
    ],
)
def test_an_amount_is_kept_to_the_last_of_six_decimals(sent, micros):
    assert money.to_micros(sent) == micros


@pytest.mark.parametrize(
    "sent",
    [
        "",
        " ",
        "abc",
        "1,50",
        "1.2.3",
        "NaN",
        "Infinity",
        "-Infinity",
        "sNaN",
        "1_000",
        "١٢",
        "0x10",
        "--1",
        "1" * 41,
    ],
)
def test_what_is_not_a_number_is_refused(sent):
    with pytest.raises(InvalidAmount):
        money.to_micros(sent)


@pytest.mark.parametrize("sent", [1.5, 0.1, True, False, None, [], b"1", {"amount": 1}])
def test_a_float_or_another_type_is_refused_even_where_it_looks_exact(sent):
    with pytest.raises(InvalidAmount):
        money.to_micros(sent)


@pytest.mark.parametrize("sent", ["0.0000001", "1.0000005", "1e-7", Decimal("1E-30"), "1e-999999"])
def test_more_than_six_decimals_are_refused_never_rounded(sent):
    with pytest.raises(InvalidAmount):
        money.to_micros(sent)


def test_a_tail_beyond_the_precision_of_decimal_arithmetic_is_refused_too():
    with pytest.raises(InvalidAmount):
        money.to_micros(Decimal("123456789012.0000000000000000000000001"))


@pytest.mark.parametrize(
    "sent",
    ["1000000000000.000001", "-1000000000000.01", "1e13", "9" * 30, "1e999999", "1e1000000", "-1e999999999"],
)
def test_an_amount_over_a_million_millions_is_refused(sent):
    with pytest.raises(InvalidAmount):
        money.to_micros(sent)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("EUR", 2), ("USD", 2), ("SGD", 2), ("JPY", 0), ("KWD", 3), ("BHD", 3), ("CLF", 4), ("IDR", 0)],
)
def test_a_currency_has_the_decimals_of_iso_4217_but_the_rupiah_none(currency, decimals):
    assert money.decimals(currency) == decimals


@pytest.mark.parametrize("code", ["XXZ", "", "eur", "EURO", "XAU", "XXX"])
def test_a_code_that_is_no_currency_with_cash_is_refused(code):
    with pytest.raises(InvalidAmount):
        money.decimals(code)


@pytest.mark.parametrize(
    ("micros", "currency", "is_cash"),
    [
        (10_000, "EUR", True),
        (10_001, "EUR", False),
        (1_000_000, "JPY", True),
        (500_000, "JPY", False),
        (500_000, "IDR", False),
        (1_000, "KWD", True),
        (100, "KWD", False),
        (0, "JPY", True),
        (-10_000, "EUR", True),
    ],
)
def test_cash_is_a_whole_number_of_minor_units(micros, currency, is_cash):
    assert money.is_cash(micros, currency) is is_cash


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        ("1.214", "1.21"),
        ("1.215", "1.22"),
        ("1.225", "1.23"),
        ("1.214999", "1.21"),
        ("-1.215", "-1.22"),
        ("-1.214", "-1.21"),
        ("-0.005", "-0.01"),
        ("0.004999", "0.00"),
    ],
)
def test_rounding_is_half_away_from_zero_and_symmetric(exact, rounded):
    assert money.round_to_currency(money.to_micros(exact), "EUR") == money.to_micros(rounded)


@pytest.mark.parametrize(("exact", "rounded"), [("0.5", "1"), ("1.499999", "1"), ("-2.5", "-3")])
def test_a_currency_without_decimals_rounds_to_whole_units(exact, rounded):
    assert money.round_to_currency(money.to_micros(exact), "JPY") == money.to_micros(rounded)


@given(st.integers(-(2 * 10**18), 2 * 10**18), st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_rounding_moves_by_at_most_half_a_minor_unit_at_any_size(micros, currency):
    unit = money.minor_unit(currency)
    rounded = money.round_to_currency(micros, currency)
    assert rounded % unit == 0
    assert abs(rounded - micros) * 2 <= unit
    assert money.round_to_currency(-micros, currency) == -rounded


@given(st.integers(-(10**18), 10**18))
def test_text_and_decimal_give_the_same_micros_back(micros):
    assert money.to_micros(money.to_text(micros)) == micros
    assert money.to_micros(money.to_decimal(micros)) == micros
    assert Fraction(money.to_decimal(micros)) == Fraction(micros, 10**6)


def test_text_shows_at_least_two_decimals_and_no_more_than_needed():
    assert [money.to_text(m) for m in (0, 1, 1_500_000, -10_000, -1)] == [
        "0.00",
        "0.000001",
        "1.50",
        "-0.01",
        "-0.000001",
    ]


@given(st.integers(0, 10**18), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_rounding_down_never_takes_more_than_there_is(micros, currency):
    down = money.round_down_to_currency(micros, currency)
    assert down <= micros < down + money.minor_unit(currency)
    assert money.is_cash(down, currency)
