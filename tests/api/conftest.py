import pytest
import time_machine

from credit.api import clients, rates
from tests.api.asking import Caller, a_client
from tests.desk import a_desk
from tests.factories import NOON


@pytest.fixture(autouse=True)
def nobody_is_known_yet():
    """Ids and credentials of another test mean nothing in this one."""
    clients.known.forget()
    rates._made.cache_clear()
    rates._own = rates._Own()


@pytest.fixture
def caller(db) -> Caller:
    """A client with every scope."""
    return Caller(a_client()[1])


@pytest.fixture
def wallet(db):
    """Prepaid, 100.00 paid in, a limit of 50: 150.00 usable. The clock is the real one."""
    return a_desk(balance="100", permanent_limit="50").wallet


@pytest.fixture
def time_machine_at_noon():
    with time_machine.travel(NOON, tick=False):
        yield
