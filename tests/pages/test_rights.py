"""Rights in one question: the same as Django's own two would give, and gone in the moment they are taken away."""

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.urls import reverse

from credit.groups import ADMINISTRATOR, MANAGER, OFFICER, VIEWER
from credit.rights import group_names
from credit.sign_in import CountedBackend
from tests.pages.people import signed_in, somebody, text

pytestmark = pytest.mark.django_db


def again(person):
    """As the next request reads it."""
    return User.objects.get(pk=person.pk)


@pytest.mark.parametrize("group", [VIEWER, OFFICER, MANAGER, ADMINISTRATOR])
def test_a_group_gives_the_rights_that_django_would_read_from_it(group):
    person = somebody(group)
    assert again(person).get_all_permissions() == ModelBackend().get_all_permissions(again(person))


def test_several_groups_and_a_right_of_ones_own_add_up():
    person = somebody(VIEWER)
    person.groups.add(
        Group.objects.get(name=OFFICER), Group.objects.create(name="Auditors, without any right")
    )
    person.user_permissions.add(Permission.objects.get(codename="lock_month"))
    found = again(person)
    assert found.get_all_permissions() == ModelBackend().get_all_permissions(again(person))
    assert found.has_perm("credit.lock_month")
    assert group_names(found) == ["Auditors, without any right", OFFICER, VIEWER]


def test_who_is_in_no_group_may_nothing():
    person = User.objects.create(username="nobody")
    assert again(person).get_all_permissions() == set()
    assert group_names(again(person)) == []


def test_who_is_not_active_may_nothing_and_a_superuser_everything():
    person = somebody(MANAGER, is_active=False)
    assert again(person).get_all_permissions() == set()
    chief = User.objects.create(username="chief", is_superuser=True)
    assert again(chief).has_perm("credit.lock_month")
    assert len(again(chief).get_all_permissions()) == Permission.objects.count()
    assert (
        ModelBackend().get_all_permissions(AnonymousUser()) == AnonymousUser().get_all_permissions() == set()
    )


def test_a_right_about_one_row_is_nobodys():
    person = again(somebody(MANAGER))
    assert not person.has_perm("credit.lock_month", person)
    assert person.has_perm("credit.lock_month")


def test_a_right_that_a_group_loses_is_gone_with_the_next_page():
    manager = signed_in(MANAGER)
    assert manager.get(reverse("jobs")).status_code == 200
    Group.objects.get(name=MANAGER).permissions.remove(Permission.objects.get(codename="view_jobs"))
    assert manager.get(reverse("jobs")).status_code == 403


def test_who_leaves_a_group_loses_its_rights_and_name_with_the_next_page():
    manager = signed_in(MANAGER)
    assert MANAGER in text(manager.get(reverse("help")))
    somebody(MANAGER).groups.clear()
    assert manager.get(reverse("jobs")).status_code == 403
    assert MANAGER not in text(manager.get(reverse("help")))


def test_a_page_asks_once_for_the_session_and_once_for_the_person_with_their_rights(
    django_assert_num_queries,
):
    viewer = signed_in(VIEWER)
    viewer.get(reverse("help"))
    with django_assert_num_queries(2):
        viewer.get(reverse("help"))


def test_who_comes_with_a_request_has_the_rights_and_groups_of_the_row_asked_for_alone(
    django_assert_num_queries,
):
    many = somebody(VIEWER)
    many.groups.add(Group.objects.get(name=OFFICER), Group.objects.create(name='None, "quoted"'))
    many.user_permissions.add(Permission.objects.get(codename="lock_month"))
    nobody = User.objects.create(username="nobody")
    chief = User.objects.create(username="chief", is_superuser=True)
    chief.groups.add(Group.objects.get(name=ADMINISTRATOR))
    for person in (many, nobody, chief):
        expected = again(person).get_all_permissions(), group_names(again(person))
        asked = CountedBackend().get_user(person.pk)
        with django_assert_num_queries(2 if person is chief else 0):  # Django asks for all there are
            assert (asked.get_all_permissions(), group_names(asked)) == expected
    assert CountedBackend().get_user(somebody(MANAGER, is_active=False).pk) is None
