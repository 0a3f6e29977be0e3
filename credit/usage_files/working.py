"""Working a usage file off. The lines of a batch, the refused ones and the place in the file are one transaction, so
whoever goes on after a kill finds every line either posted and counted, or not read yet."""

import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.db import OperationalError, transaction

from credit.actions.refusals import Refused, require
from credit.actors import Actor
from credit.languages import Number
from credit.languages import Said as _
from credit.models import RefusedLine, Upload, UploadState
from credit.usage_files.posting import post_lines
from credit.usage_files.reading import UsageFile
from organizations.rows import Row, UnreadableFile

BATCH = 1000
# Renewed with every batch. A run that is silent for so long was killed, and another may take over.
HELD_FOR = timedelta(seconds=60)
COUNTS = ("posted", "known", "declined", "refused")

Clock = Callable[[], datetime]


class TakenOver(Exception):
    """Another run works on the file now."""


def work_off(
    upload: Upload,
    where: Callable[[], Path],
    *,
    by: Actor,
    now: Clock,
    seen: Callable[[Upload], None] = lambda upload: None,
    seconds: float | None = None,
) -> bool:
    """Goes on where the file stands; False when the seconds were over before it. `upload` has been taken (`take`).

    A file that cannot be read becomes failed, with what it says; an error of the database leaves it to the next run.
    """
    ends = None if seconds is None else time.monotonic() + seconds
    try:
        require_rights(by, gated=upload.gated)
        with UsageFile(where()) as file:
            file.go_to(upload.position_bytes, upload.position_line)
            upload.columns = file.columns
            for batch in file.batches(BATCH):
                _post(upload, batch, by=by, now=now)
                seen(upload)
                if ends is not None and time.monotonic() > ends:
                    return False
        _finish(upload, now=now)
    except (UnreadableFile, Refused) as error:
        _finish(upload, now=now, error=error.args[0])
    except (OperationalError, TakenOver):
        raise
    except Exception:
        # What nobody has thought of would happen again at every try: a person has to look at it.
        _finish(upload, now=now, error=_stopped_at(upload.position_line))
        raise
    finally:
        release(upload)
    return True


def _stopped_at(line: int) -> str:
    return _("The portal could not go on after line %(line)s.") % {"line": Number(f"{line:,}")}


def require_rights(by: Actor, *, gated: bool) -> None:
    require(by, "credit.post_charges", "import usage")
    if not gated:
        require(by, "credit.overrun", "charge beyond the limit")


def take(pk: int, *, now: Clock, even_if_held: bool = False) -> Upload | None:
    """The upload, now held by this run; None if it is done or held by another.

    `even_if_held`: a person at the command line takes over; the other run stops before its next batch.
    """
    with transaction.atomic():
        upload = Upload.objects.select_for_update().get(pk=pk)
        at = now()
        is_held = upload.held_until is not None and upload.held_until > at
        if upload.state not in (UploadState.WAITING, UploadState.RUNNING) or (is_held and not even_if_held):
            return None
        upload.holder, upload.held_until = secrets.token_hex(8), at + HELD_FOR
        upload.state, upload.started_at = UploadState.RUNNING, upload.started_at or at
        upload.save()
    return upload


def release(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk, holder=upload.holder).update(holder="", held_until=None)


def again(pk: int, *, now: Clock) -> Upload:
    """What failed goes on where it stood. What was done starts over: every line that is posted is known by its key,
    so only what was refused can still change."""
    with transaction.atomic():
        upload = Upload.objects.select_for_update().get(pk=pk)
        if upload.state == UploadState.DONE:
            upload.position_bytes = upload.position_line = 0
            for name in COUNTS:
                setattr(upload, name, 0)
            upload.refused_lines.all().delete()
        if upload.state in (UploadState.DONE, UploadState.FAILED):
            upload.state, upload.error = UploadState.WAITING, ""
            upload.started_at = upload.finished_at = upload.held_until = None
            upload.save()
    return upload


def _post(upload: Upload, batch: list[Row], *, by: Actor, now: Clock) -> None:
    with transaction.atomic():
        # The row is locked first: of two runs that both believe to hold it, the later waits here and then stops.
        _refuse_when_taken_over(upload)
        done = post_lines(batch, digest=upload.digest, gated=upload.gated, by=by, now=now)
        for line in done.refusals:
            line.upload = upload
        RefusedLine.objects.bulk_create(done.refusals, batch_size=BATCH)
        for name in COUNTS:
            setattr(upload, name, getattr(upload, name) + getattr(done, name))
        upload.position_bytes, upload.position_line = batch[-1].ends_at, batch[-1].last_number
        upload.held_until = now() + HELD_FOR
        upload.save(update_fields=[*COUNTS, "position_bytes", "position_line", "held_until", "columns"])


def _finish(upload: Upload, *, now: Clock, error: str = "") -> None:
    with transaction.atomic():
        _refuse_when_taken_over(upload)
        upload.state = UploadState.FAILED if error else UploadState.DONE
        upload.error, upload.finished_at = error, now()
        if not error:
            upload.position_bytes = upload.content_bytes
        upload.save(update_fields=["state", "error", "finished_at", "position_bytes", "columns"])


def _refuse_when_taken_over(upload: Upload) -> None:
    kept = Upload.objects.select_for_update().values_list("holder", flat=True).get(pk=upload.pk)
    if kept != upload.holder:
        raise TakenOver
