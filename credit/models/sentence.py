from typing import Any

from django.db import models

from credit import languages


class SentenceField(models.TextField):
    """A sentence of ours with its values: English for files and programs, `languages.shown` for whoever reads it."""

    def deconstruct(self) -> Any:
        """In the database it is a text, which migrations need not tell from any other."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def from_db_value(self, text: str | None, expression: Any, connection: Any) -> str | None:
        return None if text is None else languages.read(text)

    def get_prep_value(self, value: Any) -> Any:
        return languages.kept(value) if isinstance(value, str) else super().get_prep_value(value)


class SentencesField(models.JSONField):
    """A list of them."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        found = super().from_db_value(value, expression, connection)
        return [languages.read(text) for text in found] if isinstance(found, list) else found

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return [languages.kept(words) for words in value] if isinstance(value, list) else value
