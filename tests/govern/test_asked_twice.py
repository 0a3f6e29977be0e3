"""The same wish asked for twice is refused, however its amount is written."""

import pytest

from credit.actions import modes, requests
from credit.actions.authority import BeyondAuthority
from credit.actions.refusals import Refused
from tests.factories import NOON, a_wallet
from tests.govern.people import a_manager, the_request

pytestmark = pytest.mark.django_db


def asked(wallet, manager, limit):
    """A switch to postpaid with a limit that is above a manager's authority."""
    why = {"reason_code": "other", "reason": "contract"}
    wish = {"to": "postpaid", "scheme": "none", "limit": limit}
    with pytest.raises(BeyondAuthority) as beyond:
        modes.change_mode(wallet=wallet, **wish, **why, by=manager, now=NOON)
    return requests.ask(beyond=beyond.value, **why, by=manager, now=NOON)


def test_a_switch_is_asked_for_once_however_its_limit_is_written():
    wallet, manager = a_wallet(), a_manager()
    asked(wallet, manager, "2000000")
    with pytest.raises(Refused, match="has asked for the same already"):
        asked(wallet, manager, "2000000.00")
    assert the_request().wish["limit"] == "2000000.00"
