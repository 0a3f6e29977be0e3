import asyncio
from email import message_from_bytes
from threading import Event

import pytest
from aiosmtpd.controller import Controller

from tests.alerts.watched import Receiver
from tests.ports import free_port


@pytest.fixture
def receiver(settings):
    settings.CREDIT_WEBHOOK_PRIVATE_NETWORKS = ["127.0.0.1/32"]
    receiver = Receiver()
    yield receiver
    receiver.close()


class Mailbox:
    """Takes messages; `may_answer` holds its answer back once the whole message has come."""

    def __init__(self):
        self.messages, self.has_come, self.may_answer = [], Event(), Event()
        self.may_answer.set()

    async def handle_DATA(self, server, session, envelope):
        self.messages.append(message_from_bytes(envelope.content))
        self.has_come.set()
        while not self.may_answer.is_set():
            await asyncio.sleep(0.02)
        return "250 Taken"


@pytest.fixture
def mailbox():
    box = Mailbox()
    box.port = free_port()
    server = Controller(box, hostname="127.0.0.1", port=box.port)
    server.start()
    yield box
    box.may_answer.set()
    server.stop()
