"""Parts of a page that are the same for everybody who reads its language: written once, then put in."""

from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.translation import get_language

register = template.Library()
MOST_KEPT = 100


class WrittenOnce(template.Node):
    """Kept with the template itself, by language and by what is named."""

    def __init__(self, nodelist: NodeList, varies: list[FilterExpression]) -> None:
        self.nodelist, self.varies = nodelist, varies
        self.kept: dict[tuple[Any, ...], str] = {}

    def render(self, context: template.Context) -> str:
        key = (get_language(), *(value.resolve(context) for value in self.varies))
        written = self.kept.get(key)  # another thread may clear it meanwhile
        if written is None:
            if len(self.kept) >= MOST_KEPT:
                self.kept.clear()
            written = self.kept[key] = self.nodelist.render(context)
        return written


@register.tag
def writtenonce(parser: Parser, token: Token) -> WrittenOnce:
    """{% writtenonce section %} … {% endwrittenonce %}: it may hang on the language and those values alone."""
    varies = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    nodelist = parser.parse(("endwrittenonce",))
    parser.delete_first_token()
    return WrittenOnce(nodelist, varies)
