"""A row's word for what it is: the same as Django's own, without reading every other choice first."""

import pytest
from django.apps import apps
from django.db.models import Field, Model
from django.utils import translation

from credit.models import CreditLimit, Decline, Transaction

WORDED = [
    (model, field)
    for model in apps.get_app_config("credit").get_models()
    for field in model._meta.get_fields()
    if isinstance(field, Field) and f"get_{field.name}_display" in vars(model) and field.choices
]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(
    ("model", "field"), WORDED, ids=lambda one: one.__name__ if isinstance(one, type) else one.name
)
def test_each_choice_has_the_word_that_django_would_give_it(
    model: type[Model], field: Field, language: str
) -> None:
    with translation.override(language):
        for value, _ in field.flatchoices:
            row = model(**{field.name: value})
            assert getattr(row, f"get_{field.name}_display")() == row._get_FIELD_display(field)


def test_what_the_portal_no_longer_knows_is_shown_as_it_stands() -> None:
    assert Transaction(kind="telegram").get_kind_display() == "telegram"
    assert Decline(kind="").get_kind_display() == ""
    assert CreditLimit(ending="").get_ending_display() == ""


def test_a_word_is_in_the_language_of_whoever_asks() -> None:
    line = Transaction(kind="write_off")
    with translation.override("de"):
        assert line.get_kind_display() == "Ausbuchung"
    assert line.get_kind_display() == "Write-off"
