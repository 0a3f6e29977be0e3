"""Writing down that a scheduled job ran and what it did, so that the portal can show it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from credit.models import JobRun

KEPT = timedelta(days=90)


def run(
    *, name: str, chunks: Iterator[dict[str, int]], now: Callable[[], datetime], kept: timedelta = KEPT
) -> dict[str, int]:
    """Adds the chunks' counts up. The row is there while the job runs; a run with nothing to do replaces the last.

    An error stays on the row and is raised again: what earlier chunks did is booked, the next run goes on from there.
    """
    run = JobRun.objects.create(name=name, started_at=now())
    try:
        for counts in chunks:
            run.counts = {
                key: run.counts.get(key, 0) + counts.get(key, 0) for key in {**run.counts, **counts}
            }
            run.save(update_fields=["counts"])
    except Exception as error:
        run.error = f"{type(error).__name__}: {error}"
        raise
    finally:
        run.finished_at = now()
        run.save(update_fields=["finished_at", "error"])
        _tidy(run, kept)
    return run.counts


def _tidy(run: JobRun, kept: timedelta) -> None:
    """A job that looks every minute and finds nothing keeps one row, not a thousand a day."""
    earlier = JobRun.objects.filter(name=run.name, started_at__lt=run.started_at).exclude(finished_at=None)
    if not any(run.counts.values()) and not run.error:
        earlier.filter(counts=run.counts, error="").delete()
    earlier.filter(started_at__lt=run.started_at - kept).delete()
