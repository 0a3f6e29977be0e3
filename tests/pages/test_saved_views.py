"""Views of the list under a name, chosen columns, and the page about oneself."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from credit.actions import saved_views
from credit.actions.refusals import BadInput, Refused
from credit.actors import Actor
from credit.groups import MANAGER, OFFICER, VIEWER
from credit.models import Preferences, SavedView
from tests.factories import a_wallet, an_organization
from tests.pages.people import HTMX, signed_in, somebody, text

pytestmark = pytest.mark.django_db

NEAR = "mode=postpaid&use=near&sort=-usable"


@pytest.fixture
def officer():
    return signed_in(OFFICER)


@pytest.fixture
def manager():
    return signed_in(MANAGER)


def save(client, name, query=NEAR, **more):
    return client.post(f"/views/new/?{query}", {"name": name, **more})


def tabs(client, query=""):
    found = client.get(f"/organizations/?{query}").context["tabs"]
    return {tab["words"]: tab for tab in found}


def test_what_the_list_asks_for_becomes_a_tab_with_a_name(officer):
    assert save(officer, "Postpaid, near").headers["Location"] == f"/organizations/?{NEAR}"
    tab = tabs(officer, "sort=-usable&use=near&mode=postpaid")["Postpaid, near"]
    assert tab["url"] == f"/organizations/?{NEAR}"
    assert tab["is_current"], "whatever the order in which the address names its filters"


def test_a_view_keeps_the_question_and_not_the_page_one_was_on(officer):
    save(officer, "Mine", "use=near&after=abc&q=")
    assert SavedView.objects.get().query == "use=near"


def test_saving_is_offered_where_something_is_asked_for_that_has_no_name_yet(officer):
    assert officer.get(f"/organizations/?{NEAR}").context["save_url"] == f"/views/new/?{NEAR}"
    assert officer.get("/organizations/").context["save_url"] == ""
    assert officer.get("/organizations/?use=near").context["save_url"] == "", "the portal's own tab"
    assert officer.get("/organizations/?use=nonsense").context["save_url"] == ""
    save(officer, "Mine")
    assert officer.get(f"/organizations/?{NEAR}").context["save_url"] == ""


def test_a_panel_saves_a_view_in_place(officer):
    answer = officer.post(f"/views/new/?{NEAR}", {"name": "Mine"}, **HTMX)
    assert answer.status_code == 204 and "panel:saved" in answer.headers["HX-Trigger"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "Name is missing"), ("Mine", "You have a view of that name"), ("x" * 41, "at most 40")],
)
def test_a_name_that_cannot_be_kept_is_refused_at_its_field_and_what_was_typed_stays(officer, name, words):
    save(officer, "Mine")
    answer = save(officer, name, "use=blocked")
    assert answer.status_code == 422 and words in text(answer)
    assert SavedView.objects.count() == 1


def test_a_list_that_asks_for_nothing_is_no_view(officer):
    assert save(officer, "Everything", "").status_code == 422


def test_one_person_has_twenty_views_and_no_more(officer):
    for number in range(saved_views.MOST_VIEWS):
        save(officer, f"View {number}")
    assert "You have 20 views" in text(save(officer, "One more"))


def test_a_view_is_seen_by_its_owner_alone_until_it_is_shared(officer, manager):
    save(manager, "Quarter end")
    assert "Quarter end" not in tabs(officer)
    pk = SavedView.objects.get().pk
    manager.post(f"/views/{pk}/share/", {"share": ""})
    assert "Quarter end" in tabs(officer)
    manager.post(f"/views/{pk}/share/")
    assert "Quarter end" not in tabs(officer)


def test_sharing_needs_its_right_and_a_name_that_nobody_shares(officer, manager):
    assert "may not offer a view to everybody" in text(save(officer, "Mine", is_shared="on"))
    assert "Offer it to everybody" not in text(officer.get(f"/views/new/?{NEAR}"))
    assert save(manager, "Ours", is_shared="on").status_code == 302
    other = Actor.person(somebody("Administrator"))
    with pytest.raises(BadInput, match="Somebody shares a view of that name"):
        saved_views.save_view(name="Ours", query=NEAR, is_shared=True, by=other, now=timezone.now())
    kept = saved_views.save_view(name="Ours", query=NEAR, is_shared=False, by=other, now=timezone.now())
    with pytest.raises(BadInput, match="Somebody shares a view of that name"):
        saved_views.share_view(view=kept, is_shared=True, by=other)


def test_somebody_elses_view_is_removed_only_if_it_is_shared_and_by_right(officer, manager):
    save(manager, "Ours", is_shared="on")
    save(officer, "Mine")
    shared, own = SavedView.objects.get(name="Ours"), SavedView.objects.get(name="Mine")
    assert officer.post(f"/views/{shared.pk}/remove/").status_code == 302
    assert SavedView.objects.filter(pk=shared.pk).exists()
    assert manager.post(f"/views/{own.pk}/remove/").status_code == 404, "it is not even seen"
    with pytest.raises(Refused):
        saved_views.remove_view(view=own, by=Actor.person(somebody(MANAGER)))
    officer.post(f"/views/{own.pk}/remove/")
    manager.post(f"/views/{shared.pk}/remove/")
    assert not SavedView.objects.exists()


def test_the_page_of_views_says_who_sees_each(officer, manager):
    assert "No view is saved yet" in text(officer.get("/views/"))
    save(manager, "Ours", is_shared="on")
    save(officer, "Mine")
    page = text(officer.get("/views/"))
    assert "Mine Only you" in page and "Ours Everybody; it is Eva Horváthová’s" in page


def test_the_database_holds_one_name_per_person(officer):
    save(officer, "Mine")
    view = SavedView.objects.get()
    with (
        pytest.raises(IntegrityError, match=r"one_saved_view_per_person_and_name|owner_id"),
        transaction.atomic(),
    ):
        SavedView.objects.create(owner=view.owner, name="Mine", query="use=near", created_at=timezone.now())


# -- columns


def heads(client, query=""):
    return [column["name"] for column in client.get(f"/organizations/?{query}").context["columns"]]


def test_a_person_chooses_the_columns_of_the_list_for_themselves(officer, manager):
    a_wallet(an_organization(name="Node Nexus"), balance="12.34", permanent_limit="5")
    officer.post("/views/columns/", {"columns": ["limit", "used"]})
    assert heads(officer) == ["organization", "wallet", "limit", "usable", "used"]
    assert "12.34" not in text(officer.get("/organizations/"))
    assert "balance" in heads(manager)


def test_the_column_that_the_list_is_sorted_by_is_shown_whatever_was_chosen(officer):
    officer.post("/views/columns/", {"columns": []})
    assert heads(officer) == ["organization", "wallet", "usable"]
    assert heads(officer, "sort=-balance") == ["organization", "wallet", "balance", "usable"]


def test_a_column_that_does_not_exist_cannot_be_chosen(officer):
    assert officer.post("/views/columns/", {"columns": ["password"]}).status_code == 422


def test_saved_views_cost_the_list_one_query_and_chosen_columns_none(officer):
    a_wallet(an_organization())
    officer.post("/views/columns/", {"columns": ["limit"]})
    officer.get("/organizations/")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        officer.get("/organizations/")
    tables = [query["sql"] for query in asked]
    assert sum("credit_savedview" in sql for sql in tables) == 1
    assert [sql for sql in tables if "credit_preferences" in sql and "auth_user" not in sql] == []


# -- the page about oneself


def test_the_viewers_clock_is_the_one_they_chose(officer):
    assert "Bratislava" in text(officer.get("/organizations/"))
    officer.post("/you/", {"time_zone": "Asia/Tokyo", "single_letters": "on"})
    assert "in Tokyo (JST)" in text(officer.get("/you/"))
    assert 'data-clock="Asia/Tokyo"' in officer.get("/organizations/").content.decode()
    assert Preferences.objects.get().single_letters


def test_an_instant_is_told_in_the_viewers_zone_beside_the_customers():
    wallet = a_wallet(an_organization(time_zone="Europe/Tallinn"), permanent_limit="100")
    officer = signed_in(OFFICER)
    officer.post("/you/", {"time_zone": "UTC"})
    preview = officer.post(
        f"/wallets/{wallet.wallet_id}/limit/preview/", {"amount": "150", "days": "7"}, **HTMX
    )
    assert "in Tallinn" in text(preview) and "for you" in text(preview)


def test_a_zone_that_does_not_exist_is_refused(officer):
    assert officer.post("/you/", {"time_zone": "Mars/Olympus"}).status_code == 422
    with pytest.raises(BadInput, match="no time zone"):
        saved_views.choose_look(time_zone="Mars", single_letters=True, by=Actor.person(somebody(OFFICER)))


def test_single_letters_are_switched_off_for_the_person_and_every_page_says_so(officer):
    assert "data-no-letters" not in officer.get("/organizations/").content.decode()
    assert officer.post("/you/letters/").status_code == 204
    assert "data-no-letters" in officer.get("/organizations/").content.decode()
    officer.post("/you/letters/", {"on": ""})
    assert "data-no-letters" not in officer.get("/organizations/").content.decode()


def test_who_may_not_see_wallets_still_has_a_page_about_themselves():
    client = Client()
    client.force_login(somebody(VIEWER))
    assert client.get("/you/").status_code == 200
    assert Client().get("/you/").status_code == 302


# -- replacing and renaming


def test_a_view_is_replaced_by_what_the_list_asks_now_if_its_owner_says_so(officer):
    save(officer, "Mine")
    refused = save(officer, "Mine", "use=near")
    assert (refused.status_code, SavedView.objects.get().query) == (422, NEAR)
    assert "Choose another one, or replace it." in text(refused)
    assert "Replace my view of that name" in text(refused)

    assert save(officer, "Mine", "use=near", replaces="on").status_code == 302
    assert SavedView.objects.get().query == "use=near"


def test_replacing_where_no_view_has_the_name_saves_a_new_one(officer):
    assert save(officer, "Mine", replaces="on").status_code == 302
    assert SavedView.objects.get().name == "Mine"


def test_a_shared_view_stays_shared_when_it_is_replaced_and_only_with_the_right(manager):
    save(manager, "All", is_shared="on")
    save(manager, "All", "use=near", replaces="on")
    view = SavedView.objects.get()
    assert (view.query, view.is_shared) == ("use=near", True)

    owner = Actor.person(somebody(OFFICER))
    SavedView.objects.update(owner=owner.user)
    with pytest.raises(Refused):
        saved_views.save_view(
            name="All", query=NEAR, is_shared=False, replaces=True, by=owner, now=timezone.now()
        )


def test_another_person_s_view_of_that_name_is_not_replaced(officer, manager):
    save(manager, "Mine")
    save(officer, "Mine", "use=near", replaces="on")
    assert SavedView.objects.get(owner=somebody(MANAGER)).query == NEAR


def test_a_view_is_renamed_by_its_owner_and_by_nobody_else(officer, manager):
    save(officer, "Mine")
    view = SavedView.objects.get()
    assert "Rename" in text(officer.get("/views/"))
    officer.post(f"/views/{view.pk}/rename/", {"name": "  Near   the limit "})
    assert SavedView.objects.get().name == "Near the limit"

    assert manager.post(f"/views/{view.pk}/rename/", {"name": "Theirs"}).status_code == 404
    with pytest.raises(Refused):
        saved_views.rename_view(view=view, name="Theirs", by=Actor.person(somebody(MANAGER)))
    assert SavedView.objects.get().name == "Near the limit"


@pytest.mark.parametrize("name", ["", "Other", "n" * 41])
def test_a_view_is_not_renamed_to_a_name_that_is_taken_missing_or_too_long(officer, name):
    save(officer, "Mine")
    save(officer, "Other", "use=near")
    view = SavedView.objects.get(name="Mine")
    officer.post(f"/views/{view.pk}/rename/", {"name": name})
    assert set(SavedView.objects.values_list("name", flat=True)) == {"Mine", "Other"}
