"""Posts a usage file: `manage.py import_charges usage.csv.gz --refused refused.csv`.

The form of the file is docs/import.md.
"""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

from credit.actors import Actor
from credit.models import RefusedLine, Upload, UploadState
from credit.usage_files import receiving, refused, working
from credit.usage_files.posting import Posted, post_lines
from credit.usage_files.reading import UsageFile, measured
from organizations.rows import Row, UnreadableFile

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Posts usage from a CSV file (plain or gzip); docs/import.md describes it. Goes on where a run was "
        "stopped, and is safe to run twice: a line that was posted is not posted again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--refused", type=Path, metavar="OUT", help="Write the refused lines there.")
        parser.add_argument("--dry-run", action="store_true", help="Try every line, store nothing.")
        parser.add_argument(
            "--gated",
            action="store_true",
            help="Decline what is beyond the credit limit; without it usage counts as delivered and is charged.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.path, self.gated, self.refused = options["file"], options["gated"], options["refused"]
        self.by = Actor.system(f"Import of {self.path.name}"[:150])
        self.quiet = True if options["verbosity"] == 0 else None
        try:
            if options["dry_run"]:
                self._try()
            else:
                self._import()
        except UnreadableFile as error:
            raise CommandError(str(error)) from error

    # -- storing

    def _import(self) -> None:
        upload = self._taken()
        with self._bar(upload.content_bytes, upload.position_bytes) as bar:
            try:
                working.work_off(
                    upload, lambda: self.path, by=self.by, now=timezone.now, seen=lambda seen: _to(bar, seen)
                )
            except KeyboardInterrupt:
                raise CommandError(
                    f"Stopped after line {upload.position_line:,}. Run it again to go on from there."
                ) from None
            except working.TakenOver:
                raise CommandError("Another run has taken this file over. It goes on there.") from None
        if upload.state == UploadState.FAILED:
            raise CommandError(f"{upload.error} Lines before it are posted.")
        lines = upload.refused_lines.order_by("number")
        self._report(upload, lines[:SHOWN], "posted")
        if self.refused:
            self._write(upload.columns, lines.iterator())

    def _taken(self) -> Upload:
        earlier = receiving.same_name(self.path.name)
        upload, is_new = receiving.registered(
            receiving.Content.of(self.path),
            name=self.path.name,
            gated=self.gated,
            by=self.by,
            now=timezone.now(),
        )
        if upload.gated != self.gated:
            raise CommandError(_other_way(upload))
        if is_new and earlier:
            self.stderr.write(
                f"A file of this name with other content was imported at {earlier.sent_at:%Y-%m-%d %H:%M} UTC. "
                "Lines that are in both are charged twice, unless they carry a key."
            )
        if not is_new:
            self._say_what_was(upload)
        taken = working.take(upload.pk, now=timezone.now, even_if_held=True)
        if taken is None:
            raise CommandError("Another run has just finished this file.")
        return taken

    def _say_what_was(self, upload: Upload) -> None:
        if upload.state in (UploadState.DONE, UploadState.FAILED):
            self.stderr.write(
                f"This content was imported at {upload.sent_at:%Y-%m-%d %H:%M} UTC by {upload.by_name}. "
                "Every line is looked at again; what is posted stays as it is."
            )
            working.again(upload.pk, now=timezone.now)
        elif upload.position_line:
            self.stderr.write(f"Goes on after line {upload.position_line:,}.")

    # -- trying

    def _try(self) -> None:
        digest, length = measured(self.path)
        self.total = Posted()
        with UsageFile(self.path) as file, self._bar(length, 0) as bar:
            self._write(file.columns, self._refusals(file, digest, bar))
        self._report(self.total, (), "would be posted")

    def _refusals(self, file: UsageFile, digest: str, bar: tqdm) -> Iterator[RefusedLine]:
        """One after the other, while the lines are tried: none is kept."""
        shown = 0
        for batch in file.batches(working.BATCH):
            done = self._tried(batch, digest)
            bar.update(batch[-1].ends_at - bar.n)
            for name in working.COUNTS:
                setattr(self.total, name, getattr(self.total, name) + getattr(done, name))
            self._show(done.refusals[: SHOWN - shown])
            shown += len(done.refusals[: SHOWN - shown])
            yield from done.refusals

    def _tried(self, batch: list[Row], digest: str) -> Posted:
        with transaction.atomic():
            done = post_lines(batch, digest=digest, gated=self.gated, by=self.by, now=timezone.now)
            transaction.set_rollback(True)
        return done

    # -- telling

    def _bar(self, length: int, start: int) -> tqdm:
        return tqdm(
            total=length, initial=start, desc=self.path.name, unit="B", unit_scale=True, disable=self.quiet
        )

    def _write(self, columns: list[str], lines: Iterable[Any]) -> None:
        if not self.refused:
            for _ in lines:
                pass
            return
        with self.refused.open("w", encoding="utf-8", newline="") as file:
            file.writelines(refused.written_lines(columns, lines))

    def _show(self, lines: Iterable[RefusedLine]) -> None:
        for line in lines:
            self.stderr.write(f"line {line.number}: {line.reason}: {line.message}")

    def _report(self, counts: Any, shown: Iterable[Any], posted: str) -> None:
        self._show(shown)
        lost = counts.declined + counts.refused
        if lost > SHOWN:
            self.stderr.write(f"… and {lost - SHOWN:,} more.")
        read = counts.posted + counts.known + lost
        self.stdout.write(
            f"{read:,} lines: {counts.posted:,} {posted}, {counts.known:,} already there, "
            f"{counts.declined:,} declined, {counts.refused:,} refused."
        )


def _to(bar: tqdm, upload: Upload) -> None:
    bar.update(upload.position_bytes - bar.n)


def _other_way(upload: Upload) -> str:
    way = "with the limit asked" if upload.gated else "as delivered"
    return (
        f"This content was imported {way} at {upload.sent_at:%Y-%m-%d %H:%M} UTC. Its lines have their answers. "
        "What was declined can be imported otherwise from the file of refused lines."
    )
