"""The guide inside the portal: every page opens, and every ? leads to where its figure is explained."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from credit.groups import OFFICER, VIEWER
from credit.views.help import TOPICS
from tests.pages.people import charge, live, postpaid, prepaid, signed_in, text

pytestmark = pytest.mark.django_db
MARK = re.compile(r'<a class="help-mark" href="([^"#]+)(?:#([^"]+))?"')


@pytest.mark.parametrize("topic", [topic.slug for topic in TOPICS])
def test_every_page_of_the_guide_opens(topic):
    answer = signed_in(VIEWER).get(reverse("help_topic", args=[topic]))
    assert answer.status_code == 200
    assert len(text(answer)) > 800


def test_the_contents_lead_to_every_page():
    page = signed_in(VIEWER).get(reverse("help")).content.decode()
    assert all(reverse("help_topic", args=[topic.slug]) in page for topic in TOPICS)


def test_a_page_that_the_guide_has_not_is_not_found():
    assert signed_in(VIEWER).get(reverse("help_topic", args=["nothing"])).status_code == 404


@pytest.mark.parametrize("wallet", [prepaid, postpaid])
def test_every_mark_leads_to_where_the_figure_is_explained(wallet):
    officer, wallet = signed_in(OFFICER), wallet(limit="100")
    pages = [
        reverse("organization", args=[wallet.organization.uuid]),
        reverse("set_limit", args=[wallet.wallet_id]),
    ]
    marks = [mark for page in pages for mark in MARK.findall(officer.get(page).content.decode())]
    assert len(marks) >= 6
    for address, anchor in marks:
        explained = officer.get(address)
        assert explained.status_code == 200
        assert not anchor or f'id="{anchor}"' in explained.content.decode()


def test_the_example_of_usable_is_what_the_rule_says():
    wallet = prepaid(limit="150", paid=None)
    charge(wallet, "58.67")
    assert live(wallet).usable_micros == 91_330_000
    assert "usable is 91.33" in text(signed_in(VIEWER).get(reverse("help_topic", args=["numbers"])))


def test_every_picture_of_the_guide_is_there():
    viewer = signed_in(VIEWER)
    pages = [viewer.get(reverse("help_topic", args=[topic.slug])).content.decode() for topic in TOPICS]
    pictures = {name for page in pages for name in re.findall(r'<img src="/static/(help/[^"]+?)"', page)}
    assert pictures
    assert [name for name in pictures if finders.find(name) is None] == []
