"""Webhooks: signed, tried again with pauses, given up as dead letters, and never to an address inside the house."""

import base64
import hmac
import socket
from datetime import timedelta
from hashlib import sha256

import pytest
from django.utils import timezone

from credit import tasks
from credit.actions import alerts, webhooks
from credit.actions.refusals import BadInput, Refused
from credit.actors import Actor
from credit.alerts import addresses, sending
from credit.models import AlertEvent, AlertSend, Change, JobRun, Webhook
from tests.alerts.watched import a_webhook, watched
from tests.pages.people import SYSTEM, charge, postpaid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def begun():
    watched()


def an_alert():
    charge(postpaid(limit="100"), "90")
    watched()
    return AlertEvent.objects.latest("pk")


def called():
    return tasks.call_webhooks()


def the_send():
    return AlertSend.objects.at(timezone.now()).get()


def signed_by(secret, headers, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    made = "v1," + base64.b64encode(hmac.new(key, content, sha256).digest()).decode()
    return made in headers["webhook-signature"].split(" ")


def test_a_webhook_hears_of_an_alert_signed_and_with_its_numbers(receiver):
    _, secret = a_webhook(receiver.url)
    event = an_alert()
    assert called() == {"sent": 1}
    ((headers, body, path),) = receiver.calls
    assert path == "/alerts?to=finance"
    assert headers["webhook-id"] == str(event.uuid)
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    assert signed_by(secret, headers, body)
    assert not signed_by("whsec_" + base64.b64encode(b"x" * 32).decode(), headers, body)
    (content,) = receiver.contents
    assert content["type"] == "alert.percent"
    assert content["data"]["wallet_id"] == event.wallet.wallet_id
    assert (content["data"]["usable"], content["data"]["credit_limit"]) == ("10.00", "100.00")
    assert the_send().state == "sent"


def test_a_webhook_hears_only_of_the_kinds_it_asked_for(receiver):
    a_webhook(receiver.url, kinds=("blocked",))
    an_alert()
    assert not AlertSend.objects.exists()


def test_a_receiver_that_fails_is_called_again_with_growing_pauses_under_the_same_id(receiver, time_machine):
    a_webhook(receiver.url)
    event = an_alert()
    receiver.status, receiver.body = 503, b"overloaded"
    pauses = []
    for _ in range(4):
        assert called() == {"waiting": 1}
        assert called() == {}
        send = the_send()
        pauses.append(round((send.next_try_at - timezone.now()).total_seconds() / 60))
        time_machine.move_to(send.next_try_at)
    assert pauses == [1, 2, 4, 8]
    assert the_send().error == "It answered 503. overloaded"
    receiver.status = 204
    assert called() == {"sent": 1}
    assert receiver.ids == [str(event.uuid)] * 5


def test_after_the_last_try_it_is_a_dead_letter_that_a_person_sends_again(receiver, time_machine):
    a_webhook(receiver.url)
    an_alert()
    receiver.status = 500
    for _ in range(sending.TRIES - 1):
        called()
        time_machine.move_to(the_send().next_try_at)
    assert called() == {"failed": 1}
    dead = the_send()
    assert dead.state == "failed"
    receiver.status = 200
    alerts.send_again(send=dead, by=SYSTEM, now=timezone.now)
    assert called() == {"sent": 1}
    assert len(set(receiver.ids)) == 1
    assert Change.objects.get(verb="send_alert_again").before["state"] == "failed"


@pytest.mark.parametrize("status", [302, 400, 401, 404, 410])
def test_a_receiver_that_says_never_is_a_dead_letter_at_once(receiver, status):
    a_webhook(receiver.url)
    an_alert()
    receiver.status, receiver.location = status, "http://127.0.0.1:1/elsewhere"
    assert called() == {"failed": 1}
    assert len(receiver.calls) == 1


def test_a_receiver_that_is_away_waits_and_what_else_waits_for_it_costs_no_time(receiver):
    a_webhook(receiver.url)
    an_alert(), an_alert()
    receiver.close()
    assert called() == {"waiting": 1}
    assert not sending.due(timezone.now(), 10, by_mail=False)


def test_one_that_answers_too_slowly_is_not_waited_for(receiver, monkeypatch):
    from credit.alerts import calling

    monkeypatch.setattr(calling, "STEP_SECONDS", 0.2)
    a_webhook(receiver.url)
    an_alert()
    receiver.may_answer.clear()
    assert called() == {"waiting": 1}
    assert "took too long" in the_send().error


def test_one_that_drips_its_answer_is_cut_off(settings, monkeypatch):
    from threading import Thread

    from credit.alerts import calling

    settings.CREDIT_WEBHOOK_PRIVATE_NETWORKS = ["127.0.0.1/32"]
    monkeypatch.setattr(calling, "CALL_SECONDS", 1)
    listening = socket.create_server(("127.0.0.1", 0))

    def drip():
        import time
        from contextlib import suppress

        line, _ = listening.accept()
        with suppress(OSError):
            for letter in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1000:
                line.sendall(bytes([letter]))
                time.sleep(0.05)

    Thread(target=drip, daemon=True).start()
    a_webhook(f"http://127.0.0.1:{listening.getsockname()[1]}/")
    an_alert()
    before = timezone.now()
    assert called() == {"waiting": 1}
    assert timezone.now() - before < timedelta(seconds=30)  # of the 50 that it would take


def test_a_paused_webhook_gets_nothing_new_and_what_waits_fails(receiver):
    webhook, _ = a_webhook(receiver.url)
    an_alert()
    webhooks.pause(webhook=webhook, by=SYSTEM, now=timezone.now())
    assert called() == {"failed": 1}
    an_alert()
    assert AlertSend.objects.count() == 1
    with pytest.raises(Refused, match="paused or removed"):
        alerts.send_again(send=the_send(), by=SYSTEM, now=timezone.now)
    webhooks.resume(webhook=webhook, by=SYSTEM, now=timezone.now())
    alerts.send_again(send=the_send(), by=SYSTEM, now=timezone.now)
    assert called() == {"sent": 1}


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_the_secret_stands_in_no_column(receiver):
    webhook, secret = a_webhook(receiver.url)
    row = Webhook.objects.values().get(pk=webhook.pk)
    assert secret not in str(row) and secret.removeprefix("whsec_") not in str(row)


def test_after_a_rotation_both_secrets_sign_for_a_day(receiver, time_machine):
    webhook, old = a_webhook(receiver.url)
    new = webhooks.rotate_secret(webhook=webhook, by=SYSTEM, now=timezone.now())
    an_alert()
    called()
    headers, body, _ = receiver.calls[-1]
    assert signed_by(old, headers, body) and signed_by(new, headers, body)
    time_machine.move_to(timezone.now() + timedelta(hours=25))
    alerts.send_again(send=the_send(), by=SYSTEM, now=timezone.now)
    called()
    headers, body, _ = receiver.calls[-1]
    assert signed_by(new, headers, body) and not signed_by(old, headers, body)


def test_a_key_of_the_installation_that_was_rotated_out_still_signs_and_a_lost_one_is_said(
    receiver, settings
):
    _, secret = a_webhook(receiver.url)
    an_alert()
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    assert called() == {"failed": 1}
    assert "the secret is lost" in the_send().error
    settings.SECRET_KEY_FALLBACKS = [old]
    alerts.send_again(send=the_send(), by=SYSTEM, now=timezone.now)
    assert called() == {"sent": 1}
    headers, body, _ = receiver.calls[-1]
    assert signed_by(secret, headers, body)


# --- addresses --------------------------------------------------------------------------------------------------------


PRIVATE = [
    "127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("ip", PRIVATE)
def test_an_address_inside_a_network_is_refused_whatever_its_name_says(ip, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: [(0, 0, 0, "", (ip, 443))])
    with pytest.raises(BadInput, match="inside a network") as refused:
        a_webhook("https://hooks.example.com/alerts")
    assert refused.value.field == "url"


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    answers = [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answers)
    with pytest.raises(BadInput, match="inside a network"):
        a_webhook("https://hooks.example.com/alerts")


def test_a_name_that_turns_private_later_is_refused_at_the_call(receiver, settings):
    a_webhook(receiver.url)
    an_alert()
    settings.CREDIT_WEBHOOK_PRIVATE_NETWORKS = []
    assert called() == {"failed": 1}
    assert "inside a network" in the_send().error
    assert receiver.calls == []


def test_the_call_goes_to_the_address_that_was_judged(monkeypatch):
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *args, **kwargs: [(0, 0, 0, "", ("93.184.216.34", 443))]
    )
    target = addresses.resolve("https://hooks.example.com:8443/a?b=c")
    assert target == addresses.Target("https", "hooks.example.com", 8443, "/a?b=c", "93.184.216.34")


NO_ADDRESSES = [
    "ftp://example.com/", "https://", "example.com", "https://user:word@example.com/", "https://example.com/#a",
    "https://example.com:99999/", "https://exa mple.com/", "https://example.com/\r\nx: y", "https://[::1",
]  # fmt: skip


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(BadInput) as refused:
        a_webhook(url)
    assert refused.value.field == "url"


def test_public_addresses_need_https(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: [(0, 0, 0, "", ("93.184.216.34", 80))])
    with pytest.raises(BadInput, match="https://"):
        a_webhook("http://hooks.example.com/alerts")


# --- rights -----------------------------------------------------------------------------------------------------------


def test_webhooks_are_for_those_who_may(receiver):
    nobody = Actor.client("Somebody", frozenset())
    with pytest.raises(Refused, match="may not manage webhooks"):
        webhooks.create_webhook(name="x", url=receiver.url, by=nobody, now=timezone.now())
    webhook, _ = a_webhook(receiver.url)
    for verb in (webhooks.pause, webhooks.remove, webhooks.rotate_secret):
        with pytest.raises(Refused):
            verb(webhook=webhook, by=nobody, now=timezone.now())
    with pytest.raises(Refused):
        webhooks.test(webhook=webhook, by=nobody, now=timezone.now)


def test_a_test_call_says_what_came_back(receiver):
    webhook, _ = a_webhook(receiver.url)
    webhooks.test(webhook=webhook, by=SYSTEM, now=timezone.now)
    assert receiver.contents[0]["type"] == "test"
    receiver.status = 500
    with pytest.raises(Refused, match="It answered 500"):
        webhooks.test(webhook=webhook, by=SYSTEM, now=timezone.now)


def test_a_job_that_calls_leaves_no_error_behind_when_a_receiver_does(receiver):
    a_webhook(receiver.url)
    an_alert()
    receiver.status = 500
    called()
    assert not JobRun.objects.exclude(error="").exists()
