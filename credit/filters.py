"""What the list of wallets is asked for: text, filters and order, as typed values. An unreadable value is an error."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, reduce
from operator import and_
from time import monotonic
from typing import Any

import django_filters
from django.core.cache import cache
from django.db import connection, connections
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy

from credit import copies, facets, search_index
from credit.models import SearchText, Wallet
from credit.terms import PaymentMode, Scheme
from credit.written_queries import Written, ask, slot
from organizations.models import Organization
from organizations.names import normalise

SHORTEST_IDENTIFIER = 4  # what is shorter is looked for in names only
SHORTEST_PART = (
    6  # of an identifier that is found in its middle; four digits stand in the middle of many a UUID
)
TRIGRAM = 3
LOOKED_UP = 5  # characters of an identifier that the index is asked for; the rows found are read for the rest
FEW = 3000
FEW_TO_FILTER = 20_000
FEW_AT_A_LOOK = 500
MANY_FOR_SECONDS = 60.0  # without another look; it is no other answer, only another way to it
MOST_KEPT = 1000

STATUSES = [
    ("active", gettext_lazy("active")),
    ("suspended", gettext_lazy("suspended")),
    ("closed", gettext_lazy("closed")),
]
LIMITS = [
    ("not_set", gettext_lazy("not set")),
    ("permanent", gettext_lazy("permanent")),
    ("temporary", gettext_lazy("temporary")),
    ("ending_soon", gettext_lazy("temporary, ending within 7 days")),
    ("unlimited", gettext_lazy("unlimited")),
]
USES = [
    ("near", gettext_lazy("near the limit")),
    ("over", gettext_lazy("full or over")),
    ("blocked", gettext_lazy("blocked")),
]
DEBTS = [("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))]

CURRENCIES_KEPT_SECONDS = 60
_CURRENCIES = "currencies-in-use"

# With the marks of no width that come along when an identifier is copied out of a message.
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212_.\u200b-\u200d\u2060\ufeff]+")
_MARK = re.compile("\ue000(\\d+)\ue001")
_UUID = re.compile(r"[0-9a-f]{32}")
_SHORT_WORD = re.compile(r"[a-z0-9]{1,2}")
_END = re.compile(rf"[a-z0-9]{{{LOOKED_UP}}}")
_many: dict[tuple[Any, ...], float] = {}  # until when a text is taken to be one that many match


def matches(text: str) -> Q:
    """Wallets that the one search box means: by a part of the name, of the UUID or of the Wallet ID."""
    compact = _compact(text)
    if _UUID.fullmatch(compact):
        return Q(organization__uuid=uuid.UUID(compact))
    return Q(pk__in=texts(text).values("pk"))


@dataclass(frozen=True)
class Nearest:
    """The beginning of a list by name: `size` places beyond a name, and all that have the name of the last one."""

    beyond: str | None  # None: from the first one
    upwards: bool
    size: int


@dataclass(frozen=True)
class Few:
    """How many match, and their pks: of all of them, or of the nearest and those with the name they are beyond."""

    count: int
    pks: list[int]


def few(text: str, *, filtered: bool = False, nearest: Nearest | None = None) -> Few | None:
    """The wallets that match, where they are few enough to be found before they are put in order; else None.

    Matches that all stand at the end of an order would cost a walk along the whole of it; more so if a filter takes
    most of them away.
    """
    most = FEW_TO_FILTER if filtered else FEW
    compact = _compact(text)
    if _UUID.fullmatch(compact):
        return _all([pk for (pk,) in _written_of_one(Wallet.objects.all().db).rows(uuid=uuid.UUID(compact))])
    asked = (text, most, SearchText.objects.all().db)
    if _many.get(asked, 0.0) > monotonic():
        return None
    found = _few(text, most, nearest)
    if found is None:
        if len(_many) >= MOST_KEPT:
            _many.clear()
        _many[asked] = monotonic() + MANY_FOR_SECONDS
    return found


@lru_cache(maxsize=10)
def _written_of_one(using: str) -> Written:
    of_one = Wallet.objects.filter(organization__uuid=slot("uuid", Organization._meta.get_field("uuid")))
    return Written(of_one.using(using).order_by().values_list("pk"), using)


def _all(pks: list[int]) -> Few:
    return Few(len(pks), pks)


def _few(text: str, most: int, nearest: Nearest | None) -> Few | None:
    using = SearchText.objects.all().db
    if connections[using].vendor == "postgresql":
        return _few_at_once(_words(text), _looked_up(_part_of_identifier(text)), most, nearest, using)
    pks = list(texts(text).values_list("pk", flat=True)[: most + 1])
    return _all(pks) if len(pks) <= most else None


def _few_at_once(
    words: list[str], part: list[str], most: int, nearest: Nearest | None, using: str
) -> Few | None:
    """Looks no further than a look costs nothing, unless PostgreSQL itself thinks that they are few."""
    if not (words or part):
        return _all([])
    statement, patterns = _texts_as_text(len(words), len(part), using)
    params, first = filled(patterns, [*words, *part], using), min(most, FEW_AT_A_LOOK)
    found = _at_once(statement, params, first + 1, nearest, using)
    if found.count <= first:
        return found
    if first == most or _guess(statement, params, using) > most:
        return None
    found = _at_once(statement, params, most + 1, nearest, using)
    return found if found.count <= most else None


def _at_once(statement: str, params: list[Any], most: int, nearest: Nearest | None, using: str) -> Few:
    """Thousands of numbers as one value: as rows they would take longer to read than to find.

    Planned for these words: only so are they known to be seldom, and looked up in the index.
    """
    found = f"WITH found AS MATERIALIZED ({statement} LIMIT {most:d})"
    chosen, names = _chosen(nearest)
    text = f"{found} SELECT (SELECT COUNT(*) FROM found), (SELECT ARRAY_AGG(pk) FROM ({chosen}) AS chosen)"  # noqa: S608
    ((count, pks),) = ask(using, text, [*params, *names], planned_once=False)
    return Few(count, pks or [])


def _chosen(nearest: Nearest | None) -> tuple[str, list[str]]:
    """Whoever shares a name stands in an order of their own: with one of them all are taken."""
    if nearest is None:
        return "SELECT pk FROM found", []
    sign, way = (">", "ASC") if nearest.upwards else ("<", "DESC")
    first = f"ORDER BY name {way} FETCH FIRST {nearest.size:d} ROWS WITH TIES"
    if nearest.beyond is None:
        return f"SELECT pk FROM found {first}", []  # noqa: S608
    name = f" {nearest.beyond}"  # as a search text has it
    further = f"(SELECT pk FROM found WHERE name {sign} %s {first})"  # noqa: S608
    return f"SELECT pk FROM found WHERE name = %s UNION ALL {further}", [name, name]  # noqa: S608


def _guess(statement: str, params: list[Any], using: str) -> int:
    ((plan,),) = ask(using, f"EXPLAIN (FORMAT JSON) {statement}", params, planned_once=False)
    return int(plan[0]["Plan"]["Plan Rows"])


@lru_cache(maxsize=200)
def _texts_as_text(words: int, parts: int, using: str) -> tuple[str, tuple[Any, ...]]:
    """What `texts` asks for so many words, and the patterns that they are put into."""
    marks = [mark(number) for number in range(words + parts)]
    found = _found_in_texts(marks[:words], marks[words:]).using(using).values_list("pk", "name")
    return found.query.get_compiler(using).as_sql()


def mark(number: int) -> str:
    """What stands for a word in a pattern that is written once."""
    return f"\ue000{number}\ue001"


def filled(patterns: Sequence[Any], words: Sequence[str], using: str) -> list[Any]:
    """The patterns with the words in place of their marks; a mark alone is no pattern but the word itself."""
    escaped = [connections[using].ops.prep_for_like_query(word) for word in words]

    def put_in(pattern: Any) -> Any:
        if not isinstance(pattern, str):
            return pattern
        alone = _MARK.fullmatch(pattern)
        return words[int(alone[1])] if alone else _MARK.sub(lambda found: escaped[int(found[1])], pattern)

    return [put_in(pattern) for pattern in patterns]


def among_many(text: str, name: str) -> Q:
    """For a text that many match: a condition to meet on the way along an order, over the column with folded names."""
    words, identified = parts_of(text)
    named = has_words(words, name)
    return named | Q(pk__in=identified) if identified else named


def parts_of(text: str) -> tuple[list[str], list[int]]:
    """The words that a name has, and the wallets that have the text in an identifier."""
    identified: list[int] = []
    if part := _part_of_identifier(text):
        found = SearchText.objects.filter(_identified(_looked_up(part)))
        identified += found.values_list("pk", flat=True)[:FEW]
    return _words(text), identified


def has_words(words: Sequence[str], name: str) -> Q:
    return reduce(and_, (_begins_a_word(word, name) for word in words), Q())


def _begins_a_word(word: str, name: str) -> Q:
    anywhere = Q(**{f"{name}__contains": word})
    return anywhere | Q(**{f"{name}__startswith": word[1:]}) if word.startswith(" ") else anywhere


def texts(text: str) -> QuerySet[SearchText]:
    """The search texts that match; by the trigram index where the database has one and the parts are long enough."""
    words, part = _words(text), _part_of_identifier(text)
    indexed = [len(each) >= TRIGRAM for each in (*words, *part)]
    if not indexed:
        return SearchText.objects.none()
    if connection.vendor == "sqlite" and all(indexed) and search_index.has_fts(connection):
        return SearchText.objects.filter(pk__in=_in_fts(words, part))
    return _found_in_texts(words, _looked_up(part))


def _found_in_texts(words: Sequence[str], looked_up: Sequence[str]) -> QuerySet[SearchText]:
    named = reduce(and_, (Q(name__contains=word) for word in words), Q())
    return SearchText.objects.filter(named | _identified(looked_up) if looked_up else named)


def _looked_up(part: list[str]) -> list[str]:
    """A long identifier's end, and the whole of it: three trigrams leave a handful of a million.

    Each further one is one more long list to read. The end, since numbers often begin alike; and not where it says one
    thing again and again.
    """
    whole = "".join(part)
    end = whole[-LOOKED_UP:]
    trigrams = {end[at : at + TRIGRAM] for at in range(LOOKED_UP - TRIGRAM + 1)}
    is_seldom = _END.fullmatch(end) and len(trigrams) == LOOKED_UP - TRIGRAM + 1
    return [end, whole] if is_seldom and whole != end else part


def _identified(looked_up: Sequence[str]) -> Q:
    """What the index is asked for; the whole, where there is more of it, is looked for in the rows that it gives."""
    first, *rest = looked_up
    wholes = (Q(GreaterThan(StrIndex("identifiers", Value(whole)), 0)) for whole in rest)
    return reduce(and_, wholes, Q(identifiers__contains=first))


def _compact(text: str) -> str:
    return _SEPARATORS.sub("", text.casefold()).removeprefix("urn:uuid:").strip("{}")


def _words(text: str) -> list[str]:
    """Every word stands somewhere in the name; one or two letters begin a word there, or they would be everywhere."""
    return [f" {word}" if _SHORT_WORD.fullmatch(word) else word for word in normalise(text).split()]


def _part_of_identifier(text: str) -> list[str]:
    compact = _compact(text)
    if len(compact) < SHORTEST_IDENTIFIER:
        return []
    return [compact if len(compact) >= SHORTEST_PART else f" {compact}"]


def _in_fts(words: list[str], part: list[str]) -> RawSQL:
    named = " AND ".join(f"name : {_quoted(word)}" for word in words)
    asked = " OR ".join(
        [*([f"({named})"] if words else []), *(f"identifiers : {_quoted(each)}" for each in part)]
    )
    return RawSQL("SELECT rowid FROM credit_search WHERE credit_search MATCH %s", [asked])


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def names_for(asked: QueryDict) -> set[str]:
    return {name for filtered, names in facets.RULE_NAMES.items() if asked.get(filtered) for name in names}


def currencies_in_use(asked: QueryDict) -> list[str]:
    """What the currency filter offers; a new currency is offered within a minute, and at once where it is asked for."""
    kept: list[str] = cache.get(_CURRENCIES) or _copied_currencies()
    if not kept or not set(asked.getlist("currency")) <= set(kept):
        # Reads every wallet: a fifth of a second for a million.
        kept = list(Wallet.objects.order_by("currency").values_list("currency", flat=True).distinct())
        cache.set(_CURRENCIES, kept, CURRENCIES_KEPT_SECONDS)
    return kept


def _copied_currencies() -> list[str]:
    """Those of the lists' copies, if these are young enough; kept for so much less as they are old."""
    now = timezone.now()
    copied = copies.young_enough(now)
    if copied is None:
        return []
    age = (now - copied.taken_at).total_seconds()
    cache.set(_CURRENCIES, copied.currencies, max(0.0, CURRENCIES_KEPT_SECONDS - age))
    return copied.currencies


class Choices(django_filters.MultipleChoiceFilter):
    """Any of the chosen; with `conditions`, each choice is a condition over the wallet's live numbers."""

    def __init__(self, *args: Any, conditions: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, distinct=False, **kwargs)
        self.conditions = conditions

    def filter(self, queryset: QuerySet[Wallet], value: list[str]) -> QuerySet[Wallet]:
        if not value or not self.conditions:
            return super().filter(queryset, value)
        conditions = facets.conditions(self.field_name, self.parent.now)
        any_of = Q()
        for choice in value:
            any_of |= conditions[choice]
        return queryset.filter(any_of)


class WalletFilter(django_filters.FilterSet):
    """Over `Wallet.objects.at(now)`. An invalid one lists nothing: `shown()` never widens what was asked."""

    status = Choices(choices=STATUSES, field_name="status", conditions=True, label=gettext_lazy("Status"))
    currency = Choices(field_name="currency", choices=[], label=gettext_lazy("Currency"))
    mode = Choices(field_name="mode", choices=PaymentMode.choices, label=gettext_lazy("Mode"))
    scheme = Choices(field_name="scheme", choices=Scheme.choices, label=gettext_lazy("Scheme"))
    limit = Choices(choices=LIMITS, field_name="limit", conditions=True, label=gettext_lazy("Credit limit"))
    use = Choices(choices=USES, field_name="use", conditions=True, label=gettext_lazy("Use"))
    debt = Choices(choices=DEBTS, field_name="debt", conditions=True, label=gettext_lazy("In debt"))

    class Meta:
        model = Wallet
        fields: list[str] = []

    def __init__(
        self, asked: QueryDict, queryset: QuerySet[Wallet], *, now: datetime, currencies: list[str]
    ) -> None:
        super().__init__(asked, queryset)
        self.now = now
        self.filters["currency"].extra["choices"] = [(code, code) for code in currencies]

    def shown(self) -> QuerySet[Wallet]:
        return self.qs if self.is_valid() else self.queryset.none()
