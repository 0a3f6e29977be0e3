"""Taking a usage file in: it becomes a row first, then somebody works it off."""

import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerIsAway

from credit.actors import Actor
from credit.languages import Said as _
from credit.models import Upload, UploadState
from credit.usage_files.reading import UsageFile, measured
from credit.usage_files.working import require_rights
from organizations.rows import UnreadableFile

log = logging.getLogger(__name__)

LONGEST_NAME = 255


@dataclass(frozen=True)
class Content:
    """What is in a file, known only after its columns were found and its end was whole."""

    digest: str
    size_bytes: int
    content_bytes: int
    columns: list[str]

    @classmethod
    def of(cls, path: Path, most_bytes: int | None = None) -> "Content":
        with UsageFile(path) as file:
            columns = file.columns
        digest, length = measured(path, most_bytes)
        return cls(digest, path.stat().st_size, length, columns)


class AnotherOfThisName(Exception):
    """Its name was sent before with other content: a mended file would charge again what the first has charged."""

    def __init__(self, earlier: Upload):
        super().__init__(earlier.name)
        self.earlier = earlier


def receive(
    *, name: str, chunks: Iterable[bytes], gated: bool, another: bool = False, by: Actor, now: datetime
) -> tuple[Upload, bool]:
    """Stores what was sent and asks a worker for it. The upload, and whether its content is new.

    UnreadableFile for what is no usage file, AnotherOfThisName unless `another` says that its lines are other lines:
    nothing of it is kept then.
    """
    require_rights(by, gated=gated)
    path = directory() / f"{now:%Y%m%d}-{secrets.token_hex(16)}"
    kept = False
    try:
        with path.open("xb") as file:
            for chunk in chunks:
                file.write(chunk)
        earlier = None if another else same_name(name)
        content = Content.of(path, most_bytes())
        if earlier and not Upload.objects.filter(digest=content.digest).exists():
            raise AnotherOfThisName(earlier)
        upload, is_new = registered(content, name=name, gated=gated, by=by, now=now)
        kept = is_new or _takes_the_file(upload)
        if kept:
            Upload.objects.filter(pk=upload.pk).update(stored_as=path.name)
            transaction.on_commit(lambda: ask_a_worker(upload.pk))
    finally:
        if not kept:
            path.unlink(missing_ok=True)
    return upload, is_new


def registered(content: Content, *, name: str, gated: bool, by: Actor, now: datetime) -> tuple[Upload, bool]:
    """The row of the content, made if nobody has sent it before."""
    row = {
        "name": Path(name).name[:LONGEST_NAME] or "usage",
        "size_bytes": content.size_bytes,
        "content_bytes": content.content_bytes,
        "gated": gated,
        "columns": content.columns,
        "sent_at": now,
        "by_user": by.user,
        "by_name": by.name,
    }
    return Upload.objects.get_or_create(digest=content.digest, defaults=row)


def same_name(name: str) -> Upload | None:
    """The latest file of this name. With other content its lines may still be the same lines."""
    return Upload.objects.filter(name=Path(name).name[:LONGEST_NAME]).order_by("-pk").first()


def ask_a_worker(pk: int) -> None:
    """Without a broker the upload waits for the scheduler, which drives it when the broker is back."""
    try:
        current_app.send_task("credit.tasks.import_upload", [pk], retry=False)
    except (BrokerIsAway, OSError) as error:
        log.warning("Usage file %s waits for the scheduler: %s", pk, error)


def stored_at(upload: Upload) -> Path:
    """UnreadableFile if the file has been tidied away."""
    path = directory() / Path(upload.stored_as).name
    if not upload.stored_as or not path.is_file():
        raise UnreadableFile(_("The stored file is no longer there. Send it again."))
    return path


def tidy(now: datetime) -> int:
    """Removes stored files that are worked off and older than the setting; their rows and refused lines stay."""
    oldest = now - timedelta(days=settings.CREDIT_UPLOAD_KEPT_DAYS)
    finished = Upload.objects.filter(state__in=[UploadState.DONE, UploadState.FAILED], finished_at__lt=oldest)
    removed = 0
    for upload in finished.exclude(stored_as="")[:100]:
        (directory() / Path(upload.stored_as).name).unlink(missing_ok=True)
        removed += Upload.objects.filter(pk=upload.pk).update(stored_as="")
    return removed


def directory() -> Path:
    path = Path(settings.CREDIT_UPLOAD_DIR)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def most_bytes() -> int:
    return settings.CREDIT_UPLOAD_LARGEST_BYTES


def _takes_the_file(upload: Upload) -> bool:
    """The row was there, but a worker could not read its file: made at the command line, or tidied away."""
    return not upload.stored_as and upload.state != UploadState.DONE
