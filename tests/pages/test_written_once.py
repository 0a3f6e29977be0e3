"""What is kept between readers is the same for all of them: no token, no name and no right of somebody else."""

import re

import pytest
from django.template import Context, Template
from django.urls import reverse
from django.utils import translation

from credit.groups import MANAGER, OFFICER, VIEWER
from credit.templatetags.navigation import ITEMS
from tests.pages.people import prepaid, signed_in

pytestmark = pytest.mark.django_db


def page(client, name="organizations"):
    return client.get(reverse(name)).content.decode()


def sections(text):
    return set(re.findall(r'<a class="item"[^>]* href="([^"]+)"', text))


def test_each_reader_sees_the_places_they_may_go_to_whoever_came_before():
    manager, viewer = page(signed_in(MANAGER)), page(signed_in(VIEWER))
    assert reverse("usage_files") in sections(manager)
    assert reverse("usage_files") not in sections(viewer)
    assert sections(viewer) < sections(manager)
    assert sections(page(signed_in(MANAGER))) == sections(manager)


def test_the_place_one_is_at_is_marked_and_no_other():
    for name in ("home", "organizations", "jobs"):
        marked = re.findall(
            r'<a class="item"[^>]* href="([^"]+)" aria-current="page"', page(signed_in(OFFICER), name)
        )
        assert marked == [reverse(name)]


def test_every_place_of_the_navigation_is_a_page():
    manager = signed_in(MANAGER)
    for item in ITEMS:
        answer = manager.get(item.address)
        assert answer.status_code == (403 if item.right == "credit.manage_clients" else 200), item.section


def test_names_and_tokens_are_each_readers_own():
    first, second = signed_in(VIEWER), signed_in(OFFICER, first_name="Zuzana", last_name="Nová")
    wallet = prepaid()
    address = reverse("organization", args=[wallet.organization.uuid])
    texts = [client.get(address).content.decode() for client in (first, second, first)]
    assert ["Zuzana Nová" in text for text in texts] == [False, True, False]
    tokens = [set(re.findall(r'csrfmiddlewaretoken" value="([^"]+)', text)) for text in texts]
    assert not tokens[0] & tokens[1]


def test_a_text_is_kept_by_language_and_by_what_is_named():
    inside = "{% translate 'Home' %} {{ section }} {{ other }}"
    once = Template(f"{{% load i18n once %}}{{% writtenonce section %}}{inside}{{% endwrittenonce %}}")

    def written(language, section, other):
        with translation.override(language):
            return once.render(Context({"section": section, "other": other}))

    assert written("en", "a", "first") == "Home a first"
    assert written("en", "a", "second") == "Home a first"
    assert written("en", "b", "second") == "Home b second"
    assert written("de", "a", "second").startswith("Start")
