import pytest
from celery import current_app

from credit.actors import Actor
from credit.groups import MANAGER
from tests.factories import a_wallet
from tests.pages.people import somebody


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """What the worker was asked for; nobody does it unless the test does."""
    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **how: sent.append((name, *args)))
    return sent


@pytest.fixture
def eva(db):
    return Actor.person(somebody(MANAGER))


@pytest.fixture
def three(db):
    """Three prepaid wallets in EUR with limits of 100, 200 and 300."""
    return [a_wallet(wallet_id=f"W-1-{number}", permanent_limit=f"{number}00") for number in (1, 2, 3)]
