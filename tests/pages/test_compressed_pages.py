"""Pages travel compressed; the API's short answers do not."""

import gzip

import pytest
from django.urls import reverse

from credit.groups import OFFICER
from tests.pages.people import prepaid, signed_in

pytestmark = pytest.mark.django_db
ASKED = {"HTTP_ACCEPT_ENCODING": "gzip, br"}


def test_a_page_travels_compressed_and_says_so():
    prepaid()
    officer = signed_in(OFFICER)
    plain = officer.get(reverse("organizations"))
    packed = officer.get(reverse("organizations"), **ASKED)
    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert len(packed.content) < len(plain.content) / 2
    assert b"Organization Management" in gzip.decompress(packed.content)


def test_a_download_and_the_api_stay_as_they_are():
    prepaid()
    answers = [
        signed_in(OFFICER).get(reverse("organizations_export"), **ASKED),
        signed_in(OFFICER).get("/api/v1/openapi.json", **ASKED),
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.get("Content-Encoding", "") for answer in answers] == ["", ""]
