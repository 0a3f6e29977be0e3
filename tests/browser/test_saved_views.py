"""Saved views on a telephone."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from credit.actions import saved_views
from credit.actors import Actor

pytestmark = pytest.mark.skipif(
    connection.vendor != "sqlite",
    reason="What a browser is sent is the same; it is looked at in the run on SQLite.",
)


def test_a_view_is_renamed_on_a_telephone_without_scrolling_sideways(desks):
    desk = desks("jana")
    by = Actor.person(User.objects.get(username="jana"))
    name = "Postpaid in EUR and near the limit today"
    saved_views.save_view(name=name, query="use=near", is_shared=False, by=by, now=timezone.now())
    desk.page.set_viewport_size({"width": 390, "height": 844})
    page = desk.open("/views/")
    page.click(".rename > summary")
    hidden = page.evaluate(
        "(() => { const box = document.querySelector('.scroll'); return box.scrollWidth - box.clientWidth; })()"
    )
    assert hidden == 0
    page.fill(".rename [name=name]", "Near")
    page.click(".rename button")
    page.wait_for_selector("th a:text-is('Near')")
