"""The broker of files under processes that write and read at the same instant, and after a cut of the power."""

import json
import subprocess
import sys
from queue import Empty

import pytest
from django.conf import settings
from kombu import Connection

from finance_portal.celery import app
from finance_portal.file_broker import Transport

MESSAGES = 3000
OURS = "finance_portal.file_broker:Transport"
OPENED = """
import sys, json
from kombu import Connection
options = json.loads(sys.argv[1])
channel = Connection(transport=sys.argv[3], transport_options=options).channel()
"""
WRITER = """
for number in range(int(sys.argv[2])):
    channel._put("portal", {"number": number})
"""
BINDER = """
for number in range(int(sys.argv[2])):
    channel._queue_bind(f"exchange{number}", "", "", "portal")
    channel.get_table(f"exchange{number}")
"""


@pytest.fixture
def options(tmp_path):
    for name in ("messages", "control"):
        tmp_path.joinpath(name).mkdir()
    messages = str(tmp_path / "messages")
    return {
        "data_folder_in": messages,
        "data_folder_out": messages,
        "control_folder": str(tmp_path / "control"),
    }


@pytest.fixture
def channel(options):
    with Connection(transport=OURS, transport_options=options) as connection:
        yield connection.channel()


def started(code, options, times):
    return subprocess.Popen([sys.executable, "-c", OPENED + code, json.dumps(options), str(times), OURS])


def test_without_redis_the_portal_uses_it():
    with app.connection_for_write() as connection:
        assert isinstance(connection.transport, Transport) == (not settings.REDIS_URL)


def test_every_message_is_read_whole_and_once_while_another_process_writes(options, channel):
    writers = [started(WRITER, options, MESSAGES) for _ in range(2)]
    read: list[int] = []
    while True:
        ended = all(writer.poll() is not None for writer in writers)
        try:
            read.append(channel._get("portal")["number"])
        except Empty:
            if ended:
                break
    assert [writer.returncode for writer in writers] == [0, 0]
    assert sorted(read) == sorted([*range(MESSAGES)] * 2)


def test_a_message_is_found_only_when_it_is_written_to_its_end(channel, monkeypatch):
    given_its_name = []

    def watched(source, place):
        with pytest.raises(Empty):
            channel._get("portal")
        assert json.loads(source.read_text()) == {"number": 1}
        given_its_name.append(place)
        source.rename(place)

    monkeypatch.setattr("finance_portal.file_broker.os.replace", watched)
    channel._put("portal", {"number": 1})
    assert len(given_its_name) == 1 and channel._get("portal") == {"number": 1}


def test_processes_that_begin_together_read_no_exchange_that_is_half_written(options):
    begun = [started(BINDER, options, 300) for _ in range(3)]
    assert [each.wait(60) for each in begun] == [0, 0, 0]


def test_what_cannot_be_read_is_said_and_does_not_end_the_worker(options, channel, tmp_path, caplog):
    tmp_path.joinpath("messages", "0_first.portal.msg").write_bytes(b"")
    channel._put("portal", {"number": 1})
    assert channel._get("portal") == {"number": 1}
    assert "left out" in caplog.text
    with pytest.raises(Empty):
        channel._get("portal")
