"""Every page of the portal in German: no sentence was written past the catalogue."""

import re

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import models
from django.test import Client
from django.utils import translation

from benchmarks import page_addresses
from benchmarks.page_examples import add_what_the_demo_lacks
from credit.languages import Said, shown
from tests.factories import NOON, a_wallet
from tests.translations.reading import pseudo_catalogue, unmarked

pytestmark = pytest.mark.django_db

APPS = ("credit", "organizations", "auth")
CURRENCY = re.compile(r"\b[A-Z]{3}\b")
ADDRESS = re.compile(r"\S+@\S+|https?://\S+")
# Neither sentence nor word of ours: what each is, stands behind it.
KNOWN = {
    "Bratislava", "Europe", "Europe/Bratislava",  # places, as the IANA names them
    "Deutsch", "English",  # each under its own name
    "qqqqqq",  # searched for
    "open", "approved", "rejected", "withdrawn", "read", "charge",  # codes that the audit trail keeps
}  # fmt: skip


@pytest.fixture
def demo():
    """The demo's customers and one of everything that a page can show."""
    call_command("seed_demo", organizations=100, verbosity=0)
    add_what_the_demo_lacks(page_addresses.SHOWN)
    User.objects.filter(username="admin").update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(User.objects.get(username="admin"))
    client.cookies["django_language"] = "de"
    return client


def test_no_english_is_left_on_any_page(demo):
    with translation.override("de"):
        typed = what_people_and_systems_have_typed()
    left = {}
    with pseudo_catalogue():
        for page in pages():
            answer = demo.get(page.path, headers={"HX-Request": "true"} if page.htmx else {})
            if answer.status_code == 200 and "text/html" in answer["Content-Type"]:
                for words in unmarked(answer.content.decode()):
                    if not is_typed(words, typed):
                        left.setdefault(words, page.name)

    assert left == {}


def test_what_programs_and_customers_read_is_english_whoever_asks(client):
    client.force_login(User.objects.create_superuser("root"))
    client.cookies["django_language"] = "de"
    wallet = a_wallet()
    paths = [f"/wallets/{wallet.wallet_id}/ledger.csv", f"/wallets/{wallet.wallet_id}/statement.csv"]
    with pseudo_catalogue():
        page = client.get("/organizations/")
        written = [b"".join(client.get(path).streaming_content).decode() for path in paths]
        problem = client.get("/api/v1/wallets/none", headers={"Accept-Language": "de"})

    assert page.headers["Content-Language"] == "de"
    assert written[0].startswith("\ufeffLine,Posted at,Occurred at,Kind")
    assert [text for text in (*written, problem.content.decode()) if "⟦" in text] == []
    assert "Content-Language" not in problem.headers


def pages():
    """Not the admin, whose words are Django's; each way to ask the list once."""
    lists = [page for page in page_addresses.lists() if not page.name.startswith("list: by")]
    return [*lists, *page_addresses.longest_ledgers(), *page_addresses.portal(), *page_addresses.panels()]


def what_people_and_systems_have_typed():
    """Every text in the database that no choice of ours names, such as names, notes and references."""
    typed = set()
    for name in APPS:
        for model in apps.get_app_config(name).get_models():
            fields = [
                field.name
                for field in model._meta.concrete_fields
                if isinstance(field, models.CharField | models.TextField) and not field.choices
            ]
            if fields:
                rows = model._default_manager.order_by().values_list(*fields).distinct()
                typed |= {text for row in rows for value in row if value for text in typed_in(value)}
    return {*typed, *(person.get_full_name() for person in User.objects.all())} - {""}


def typed_in(value):
    """Nothing of a sentence that a column keeps for readers of any language: what it says has to be marked."""
    if isinstance(value, Said):
        return [str(one) for one in (value.given or {}).values() if type(one) is str]
    return str(shown(value)).splitlines()


def is_typed(words, typed):
    if words in typed:
        return True
    rest = words
    for text in sorted(
        typed & set(parts(words)) | {one for one in typed if len(one) > 5 and one in rest}, key=len
    )[::-1]:
        rest = rest.replace(text, " ")
    rest = CURRENCY.sub(" ", ADDRESS.sub(" ", rest))
    return all(part in KNOWN for part in parts(rest))


def parts(words):
    return [part for part in re.split(r"[^\w/]+", words) if re.search(r"[^\W\d_]{2,}", part)]


@time_machine.travel(NOON, tick=False)
def test_a_drawing_has_the_same_coordinates_in_every_language(client):
    """A comma would part one coordinate into two. Of the same instant: a drawing ends now."""
    client.force_login(User.objects.create_superuser("root"))
    wallet = a_wallet(balance="-12.5", permanent_limit="33.3")
    drawn = []
    for language in ("en", "de"):
        client.cookies["django_language"] = language
        page = client.get(f"/organizations/{wallet.organization.uuid}/").content.decode()
        drawn.append(re.findall(r' (?:d|x|y)="([^"]*\d[^"]*)"', page))

    assert len(drawn[0]) > 20
    assert drawn[0] == drawn[1]
