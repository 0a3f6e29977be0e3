"""A single charge beside the same in two packages that keep wallets, on the same server, each with its own database."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.charging import books, environments
from benchmarks.charging.stage import Stage
from benchmarks.charging.worker import Worker
from benchmarks.rounds import Claim, Comparison, Way

OURS = "charges.charge"
DJ_WALLET = "dj-wallet"
OSCAR = "django-oscar-accounts"


@contextmanager
def compare(stage: Stage) -> Iterator[Comparison]:
    wallets = stage.wallets(stage.many)
    with ExitStack() as stack:
        ours = stack.enter_context(
            Worker("benchmarks.charging.ours", "single", *wallets.arguments, env=stage.env)
        )
        others = {name: stack.enter_context(_other(stage, name)) for name in environments.PINS}
        yield Comparison(
            name="A single charge, beside other packages",
            ways=[
                Way(OURS, ours.run),
                Way(DJ_WALLET, others["dj_wallet"].run),
                Way(OSCAR, others["oscar_accounts"].run),
            ],
            claims=[
                Claim("single charge in-process, times dj-wallet", OURS, DJ_WALLET, 3),
                Claim("single charge in-process, times django-oscar-accounts", OURS, OSCAR, 6),
            ],
            audit=lambda: books.faults(stage.url, wallets, accepted=ours.accepted),
            notes=[
                "Each in an environment of its own: "
                + "; ".join(environments.versions(name) for name in environments.PINS)
                + f". One client, {stage.many:,} wallets, a persistent connection. Neither keeps answers under a key.",
            ],
        )


def _other(stage: Stage, package: str) -> Worker:
    env = stage.server.environment(stage.server.database(package))
    module = f"benchmarks.charging.others.{package}"
    return Worker(module, str(stage.many), env=env, python=environments.python_with(package))
