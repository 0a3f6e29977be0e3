"""Customers that are watched, and receivers of webhooks that are real."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from django.utils import timezone

from credit.actions import alerts, webhooks
from credit.alerts import watching
from credit.models import AlertEvent
from tests.pages.people import SYSTEM


def watched(now=timezone.now):
    """One round of the watch: how many alerts it made."""
    return sum(step["alerts"] for step in watching.watch(now=now))


def a_rule(wallet=None, **wish):
    defaults = {"percents": (80,), "cooldown_minutes": 0}
    return alerts.set_rule(
        wish=alerts.Wish(**{**defaults, **wish}), wallet=wallet, by=SYSTEM, now=timezone.now
    )


def told():
    return [event.kind for event in AlertEvent.objects.order_by("pk")]


def a_webhook(url, name="Switch", kinds=()):
    return webhooks.create_webhook(name=name, url=url, kinds=kinds, by=SYSTEM, now=timezone.now())


class Receiver:
    """Takes calls over HTTP; `status` is what it answers, `may_answer` holds it back."""

    def __init__(self):
        self.calls, self.status, self.body = [], 200, b""
        self.has_come, self.may_answer = Event(), Event()
        self.may_answer.set()
        self.location = ""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.calls.append((dict(self.headers.items()), body, self.path))
                receiver.has_come.set()
                receiver.may_answer.wait(120)
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("location", receiver.location)
                self.end_headers()
                self.wfile.write(receiver.body)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/alerts?to=finance"
        Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def contents(self):
        return [json.loads(body) for _, body, _ in self.calls]

    @property
    def ids(self):
        return [headers["webhook-id"] for headers, _, _ in self.calls]

    def close(self):
        self.may_answer.set()
        self.server.shutdown()
        self.server.server_close()
