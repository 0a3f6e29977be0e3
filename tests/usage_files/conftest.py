import gzip

import pytest
from django.core.management import call_command

from credit.models import Transaction
from tests.factories import a_wallet

HEADER = "wallet_id,kind,amount,currency,occurred_at,reference,description,key"
CALL = "W-1,call,0.8421,EUR,2026-03-02T14:30:12+01:00,CDR-1,6 min 1 s,"


@pytest.fixture(autouse=True)
def upload_dir(settings, tmp_path):
    settings.CREDIT_UPLOAD_DIR = tmp_path / "uploads"
    return settings.CREDIT_UPLOAD_DIR


@pytest.fixture
def wallet(db):
    return a_wallet(wallet_id="W-1", permanent_limit="10")


@pytest.fixture
def file(tmp_path):
    def write(*lines, header=HEADER, name="usage.csv", packed=False):
        path = tmp_path / name
        content = "\n".join([header, *lines]).encode() + b"\n"
        path.write_bytes(gzip.compress(content) if packed else content)
        return path

    return write


@pytest.fixture
def run(capsys):
    """What the command prints: its report, and what it says beside it."""

    def command(path, *options):
        capsys.readouterr()
        call_command("import_charges", str(path), *options, verbosity=0)
        said = capsys.readouterr()
        return said.out.strip(), said.err

    return command


def sms(count, start=1, wallet="W-1"):
    """Lines that can be told apart, and added up."""
    return [f"{wallet},sms,0.{number:06d},EUR,,R-{number},," for number in range(start, start + count)]


def amounts():
    return list(Transaction.objects.order_by("sequence").values_list("amount_micros", flat=True))
