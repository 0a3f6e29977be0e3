"""The page: who may send a file, what they see of it, and that the same content is imported once."""

import gzip

import pytest
from celery import current_app
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerIsAway

from credit import tasks
from credit.groups import ADMINISTRATOR, MANAGER, OFFICER, VIEWER
from credit.models import Transaction, Upload, UploadState
from credit.usage_files import receiving, working
from tests.factories import a_wallet
from tests.pages.people import HTMX, ago, signed_in, somebody, text
from tests.usage_files.conftest import CALL, HEADER, amounts, sms

pytestmark = pytest.mark.django_db
PAGE = "/usage-files/"


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """What the worker was asked for; nobody does it unless the test does."""
    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **how: sent.append((name, *args)))
    return sent


@pytest.fixture
def manager():
    return signed_in(MANAGER)


def content(*lines):
    return "\n".join([HEADER, *lines, ""]).encode()


def send(client, sent, name="usage.csv", **typed):
    return client.post(PAGE, {"file": SimpleUploadedFile(name, sent), **typed})


def address(upload, name="usage_file"):
    return reverse(name, args=[upload.pk])


def worked_off():
    upload = Upload.objects.latest("pk")
    tasks.import_upload(upload.pk)
    return Upload.objects.get(pk=upload.pk)


@pytest.mark.parametrize("group", [VIEWER, OFFICER])
def test_without_the_right_to_post_charges_there_is_no_page(group):
    client = signed_in(group)
    assert client.get(PAGE).status_code == 403
    assert send(client, content(CALL)).status_code == 403
    assert PAGE not in client.get("/organizations/").content.decode()
    assert not Upload.objects.exists()


@pytest.mark.parametrize("group", [MANAGER, ADMINISTRATOR])
def test_with_the_right_the_page_is_offered_and_opens(group):
    client = signed_in(group)
    assert f'href="{PAGE}"' in client.get("/organizations/").content.decode()
    assert "No usage file yet" in text(client.get(PAGE))


def test_nobody_sees_it_without_signing_in():
    assert Client().get(PAGE).status_code == 302


def test_a_form_of_another_site_is_turned_away():
    client = Client(enforce_csrf_checks=True)
    client.force_login(somebody(MANAGER))
    assert send(client, content(CALL)).status_code == 403
    assert not Upload.objects.exists()


def test_a_file_is_a_row_first_and_then_worked_off(
    manager, wallet, asked, upload_dir, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = send(manager, content(CALL, "W-2,call,1,EUR,,,,"))
    upload = Upload.objects.get()
    assert answer["Location"] == address(upload)
    assert (upload.name, upload.state, upload.by_name) == ("usage.csv", "waiting", "Eva Horváthová")
    assert asked == [("credit.tasks.import_upload", upload.pk)]
    assert not Transaction.objects.exists()
    page = manager.get(address(upload))
    assert "hx-trigger" in page.content.decode()

    upload = worked_off()

    assert (upload.state, upload.posted, upload.refused) == ("done", 1, 1)
    line = Transaction.objects.get()
    assert (line.by_name, line.overrun) == ("Eva Horváthová", True)
    page = manager.get(address(upload))
    assert 'hx-trigger="load delay' not in page.content.decode()
    assert "Wallet 'W-2' is not known" in text(page)
    assert "Done, lines left out" in text(manager.get(PAGE))


def test_progress_asked_by_htmx_is_the_part_that_changes(manager, wallet):
    send(manager, content(*sms(3)))
    upload = Upload.objects.get()
    Upload.objects.update(state="running", posted=1, position_bytes=upload.content_bytes // 2)
    part = manager.get(address(upload), **HTMX)
    assert "<html" not in part.content.decode()
    assert "49 % of the file" in text(part) or "50 % of the file" in text(part)
    assert "hx-trigger" in part.content.decode()
    assert "<html" not in manager.get(PAGE, **HTMX).content.decode()


def test_a_packed_file_is_taken(manager, wallet):
    send(manager, gzip.compress(content(*sms(3))), name="usage.csv.gz")
    assert worked_off().posted == 3


def test_the_same_content_says_when_it_was_sent_and_is_not_imported_again(manager, wallet, upload_dir):
    send(manager, content(CALL))
    worked_off()
    answer = send(manager, gzip.compress(content(CALL)), name="another-name.csv.gz")
    upload = Upload.objects.get()
    assert answer["Location"] == address(upload) + "?same=1"
    page = text(manager.get(answer["Location"]))
    assert "This content was sent before. Eva Horváthová sent it on" in page
    assert len(list(upload_dir.iterdir())) == 1
    assert len(amounts()) == 1


def test_other_content_under_a_known_name_has_to_be_confirmed(manager, wallet, upload_dir):
    send(manager, content(*sms(2)))
    answer = send(manager, content(*sms(3)))
    assert answer.status_code == 409
    assert "would be charged twice" in text(answer)
    assert Upload.objects.count() == 1
    assert len(list(upload_dir.iterdir())) == 1
    assert send(manager, content(*sms(3)), another="on").status_code == 302
    assert Upload.objects.count() == 2


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"", "The file is empty"),
        (b"wallet_id,kind\n", "no column amount, currency"),
        (b"\xff\xfe\x00w\x00a", "no column wallet_id"),
        (gzip.compress(content(*sms(500)))[:-40], "The file is damaged"),
    ],
)
def test_what_is_no_usage_file_is_refused_at_once(manager, sent, words, upload_dir):
    answer = send(manager, sent)
    assert answer.status_code == 422
    assert words in text(answer)
    assert "Nothing was taken." in text(answer)
    assert not Upload.objects.exists()
    assert not upload_dir.exists() or not list(upload_dir.iterdir())


def test_no_file_is_told(manager):
    answer = manager.post(PAGE, {})
    assert answer.status_code == 422
    assert "No file is chosen." in text(answer)


def test_a_file_over_the_limit_is_refused_before_it_is_read(manager, settings):
    settings.CREDIT_UPLOAD_LARGEST_BYTES = 100_000
    assert "At most 0 MB" in text(send(manager, content(*sms(4000))))
    answer = manager.post(PAGE, CONTENT_LENGTH=str(10**12))
    assert answer.status_code == 413
    assert not Upload.objects.exists()


def test_a_small_archive_of_a_huge_file_is_refused(manager, settings, upload_dir):
    settings.CREDIT_UPLOAD_LARGEST_BYTES = 100_000
    answer = send(manager, gzip.compress(content(CALL) + b" " * 10_000_000))
    assert answer.status_code == 422
    assert "unpacks to more than 100,000 bytes" in text(answer)
    assert not list(upload_dir.iterdir())


def test_who_may_not_overrun_imports_with_the_limit_asked(wallet):
    officer = somebody(OFFICER)
    officer.user_permissions.add(Permission.objects.get(codename="post_charges"))
    client = signed_in(OFFICER)
    send(client, content("W-1,call,10,EUR,,,,", "W-1,call,1,EUR,,,,"))
    upload = worked_off()
    assert (upload.gated, upload.posted, upload.declined) == (True, 1, 1)


def test_a_person_who_lost_the_right_meanwhile_posts_nothing(manager, wallet):
    send(manager, content(CALL))
    somebody(MANAGER).groups.clear()
    upload = worked_off()
    assert upload.state == UploadState.FAILED
    assert "may not import usage" in upload.error
    assert not Transaction.objects.exists()


def test_refused_lines_are_downloaded_mended_and_sent_again(manager, wallet):
    send(manager, content(CALL, "W-2,call,1,EUR,,CDR-2,=1+1,", "W-1,call,x,EUR,,,,"))
    upload = worked_off()
    answer = manager.get(address(upload, "refused_lines"))
    assert "attachment" in answer["Content-Disposition"]
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0] == f"line,reason,field,message,{HEADER}"
    assert lines[1].startswith("3,not_found,wallet_id,Wallet 'W-2' is not known.")
    assert lines[1].endswith("W-2,call,1,EUR,,CDR-2,'=1+1,")
    mended = "\n".join(lines).replace("W-2", "W-1").replace(",x,", ",2,")
    send(manager, mended.encode(), name="refused-lines.csv")
    assert worked_off().posted == 2
    assert Transaction.objects.get(reference="CDR-2").description == "=1+1"


def test_import_again_posts_what_can_be_posted_now(manager, wallet, asked):
    send(manager, content(CALL, "W-2,call,1,EUR,,,,"))
    upload = worked_off()
    a_wallet(wallet_id="W-2")
    assert "Import again" in text(manager.get(address(upload)))
    manager.post(address(upload, "import_again"))
    assert asked[-1] == ("credit.tasks.import_upload", upload.pk)
    upload = worked_off()
    assert (upload.posted, upload.known, upload.refused, upload.state) == (1, 1, 0, "done")
    assert "Import again" not in text(manager.get(address(upload)))


def test_a_stored_file_is_served_nowhere(manager, wallet):
    send(manager, content(CALL))
    stored = Upload.objects.get().stored_as
    pages = [PAGE, address(Upload.objects.get())]
    assert all(stored not in manager.get(page).content.decode() for page in pages)
    for tried in (f"/static/{stored}", f"/media/{stored}", f"/uploads/{stored}", f"{PAGE}{stored}"):
        assert manager.get(tried).status_code == 404


def test_a_name_with_a_path_in_it_names_nothing_outside(manager, wallet, upload_dir):
    send(manager, content(CALL), name="../../etc/<b>passwd</b>.csv")
    upload = Upload.objects.get()
    assert "/" not in upload.stored_as
    assert (upload_dir / upload.stored_as).is_file()
    assert "<b>passwd" not in manager.get(address(upload)).content.decode()


def test_what_the_broker_lost_is_driven_again(manager, wallet, asked):
    send(manager, content(CALL))
    asked.clear()
    tasks.drive_uploads()
    assert asked == [("credit.tasks.import_upload", Upload.objects.get().pk)]


def test_a_file_goes_through_although_the_broker_is_away(
    manager, wallet, monkeypatch, django_capture_on_commit_callbacks
):
    def away(*args, **how):
        raise BrokerIsAway

    monkeypatch.setattr(current_app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        assert send(manager, content(CALL)).status_code == 302
    assert Upload.objects.get().state == "waiting"


def test_a_file_whose_worker_was_killed_is_driven_after_a_minute_of_silence(manager, wallet, asked):
    send(manager, content(CALL))
    asked.clear()
    upload = working.take(Upload.objects.get().pk, now=timezone.now)
    tasks.drive_uploads()
    assert asked == []
    assert working.take(upload.pk, now=timezone.now) is None
    Upload.objects.update(held_until=ago(seconds=1))
    tasks.drive_uploads()
    assert asked == [("credit.tasks.import_upload", upload.pk)]
    assert worked_off().posted == 1


def test_a_long_file_is_worked_off_in_turns(manager, wallet, asked, monkeypatch):
    monkeypatch.setattr(working, "BATCH", 10)
    monkeypatch.setattr(tasks, "UPLOAD_SECONDS", 0)
    send(manager, content(*sms(25)))
    asked.clear()
    assert [worked_off().posted for _ in range(3)] == [10, 20, 25]
    assert len(asked) == 3
    assert worked_off().state == "done"


def test_a_stored_file_is_removed_when_its_time_is_over(manager, wallet, upload_dir):
    send(manager, content(CALL, "W-2,call,1,EUR,,,,"))
    worked_off()
    receiving.tidy(timezone.now())
    assert len(list(upload_dir.iterdir())) == 1
    Upload.objects.update(finished_at=ago(days=31))
    receiving.tidy(timezone.now())
    assert not list(upload_dir.iterdir())
    upload = Upload.objects.get()
    assert "Import again" not in text(manager.get(address(upload)))
    assert manager.get(address(upload, "refused_lines")).status_code == 200


def test_the_list_asks_no_more_for_a_hundred_files(manager, django_assert_max_num_queries):
    row = {"size_bytes": 1, "content_bytes": 1, "sent_at": timezone.now(), "by_name": "Eva"}
    Upload.objects.bulk_create(Upload(name=f"{n}.csv", digest=str(n), **row) for n in range(60))
    manager.get(PAGE)
    with django_assert_max_num_queries(12):
        page = text(manager.get(PAGE))
    assert "50 files on this page" in page
    assert "59.csv" in page
    assert "10 files on this page" in text(
        manager.get(PAGE, {"before": Upload.objects.get(name="10.csv").pk})
    )


def test_what_became_of_a_file_is_said_in_the_language_of_who_looks_and_kept_in_english(manager):
    wallet = a_wallet(balance="5")
    rows = [f"{wallet.wallet_id},sms,2,EUR,,,,,,", f"{wallet.wallet_id},sms,-1,EUR,,,,", ",sms,1,EUR,,,,"]
    send(manager, content(*rows))
    upload = worked_off()
    manager.cookies["django_language"] = "de"

    kept = list(upload.refused_lines.order_by("number").values_list("message", flat=True))
    assert kept[2] == "wallet_id is empty."
    assert kept[1] == "Amount is negative. Type it without the minus."
    page = text(manager.get(address(upload)))
    assert "wallet_id ist leer." in page
    assert "Der Betrag ist negativ. Geben Sie ihn ohne Minus ein." in page
    assert "is empty" not in page and "cells" not in page
