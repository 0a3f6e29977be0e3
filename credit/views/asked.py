"""What the address of a small list asks for: one choice a name. One that cannot be read lists nothing and says why."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

PLACES = {"after", "before"}


class Asked:
    def __init__(self, query: QueryDict, choices: Mapping[str, Mapping[str, str]]) -> None:
        self.query, self.choices = query, choices
        self.problems = [
            _("“%(value)s” is not possible for %(name)s.") % {"value": value, "name": name}
            for name in query
            if name not in PLACES
            for value in query.getlist(name)
            if value not in choices.get(name, {})
        ]

    def value(self, name: str) -> str:
        return self.query.get(name, "")

    def address(self, **changes: str) -> str:
        """With other choices; the list then begins at its beginning."""
        kept = {name: self.value(name) for name in self.query if name not in PLACES} | changes
        return f"?{urlencode({name: value for name, value in kept.items() if value})}"

    def chips(self, labels: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """As `organizations/choices.html` shows them: each choice is a link, the chosen one leads back."""
        for name, label in labels.items():
            chosen, words = self.value(name), self.choices[name]
            yield {
                "name": name,
                "label": label,
                "words": words.get(chosen, ""),
                "without_url": self.address(**{name: ""}),
                "choices": [
                    {
                        "words": said,
                        "is_chosen": value == chosen,
                        "url": self.address(**{name: "" if value == chosen else value}),
                    }
                    for value, said in words.items()
                ],
            }
