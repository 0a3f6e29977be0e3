"""Customers of the demo at work: `manage.py simulate_traffic`, until Ctrl-C. Look at the portal meanwhile."""

import random
import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from credit import display
from credit.demo import people, traffic
from credit.demo.traffic import Said, Traffic


def count(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and 1 <= int(typed) <= 1_000_000):
        raise ArgumentTypeError("Give a whole number from 1 to 1,000,000.")
    return int(typed)


class Command(BaseCommand):
    help = "Calls, sends, buys and pays in real time against the demo, so that limits are seen at work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "wallets", nargs="*", metavar="WALLET_ID", help="Only these; else some that work."
        )
        parser.add_argument("--rate", type=count, default=2, metavar="N", help="Things a second (2).")
        parser.add_argument("--seconds", type=count, metavar="N", help="Stop by itself; else Ctrl-C does.")
        parser.add_argument(
            "--customers", type=count, default=30, metavar="N", help="How many take part (30)."
        )
        parser.add_argument("--seed", type=int, default=None, metavar="N", help="The same chances again.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not people.are_here():
            raise CommandError("This database is not the demo’s. Traffic is only made in a demo: make run.")
        chance = random.Random(options["seed"])  # noqa: S311  nothing secret hangs on it
        found = traffic.customers(timezone.now(), options["customers"], chance, options["wallets"])
        missing = set(options["wallets"]) - {customer.wallet_id for customer in found}
        if missing or not found:
            raise CommandError(
                f"No open wallet of an active organization: {', '.join(sorted(missing)) or 'none'}."
            )
        going = Traffic(found, chance, timezone.now, run=f"traffic-{timezone.now():%Y%m%d%H%M%S%f}")
        many = "1 customer" if len(found) == 1 else f"{len(found)} customers"
        self.stdout.write(f"{many} at work. Ctrl-C ends their calls and stops.")
        try:
            self._run(going, options["rate"], options["seconds"])
        except KeyboardInterrupt:
            self.stdout.write("Stopping.")
        for said in going.hang_up():
            self._say(said)
        counts = ", ".join(f"{count} {what}" for what, count in sorted(going.counts.items()))
        self.stdout.write(self.style.SUCCESS(f"Stopped. {counts or 'Nothing happened'}."))

    def _run(self, going: Traffic, rate: int, seconds: int | None) -> None:
        began = time.monotonic()
        following = began
        while seconds is None or time.monotonic() - began < seconds:
            for said in going.step():
                self._say(said)
            following += 1 / rate
            time.sleep(max(0, following - time.monotonic()))

    def _say(self, said: Said) -> None:
        currency = said.customer.money.currency
        usable = (
            ""
            if said.usable_micros is None
            else f"  usable {display.with_code(said.usable_micros, currency)}"
        )
        line = f"{said.at:%H:%M:%S}  {said.customer.wallet_id}  {said.customer.name[:32]:32}  {said.words}{usable}"
        self.stdout.write(self.style.WARNING(line) if said.is_declined else line)
