import pytest

from tests.alerts.watched import Receiver


@pytest.fixture
def receiver(settings):
    settings.CREDIT_WEBHOOK_PRIVATE_NETWORKS = ["127.0.0.1/32"]
    receiver = Receiver()
    yield receiver
    receiver.close()
