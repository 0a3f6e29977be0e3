"""Celery's broker of files, for a portal on one machine without Redis.

Kombu's own writes a message where it is already looked for. A worker that looks at that very instant takes an empty
file, and ends; so does whoever reads an exchange that another process is just creating.
"""

import fcntl
import logging
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps

log = logging.getLogger(__name__)


def _alone(method: Callable[..., Any]) -> Callable[..., Any]:
    """Nobody else reads or writes an exchange meanwhile."""

    @wraps(method)
    def locked(channel: "Channel", *args: Any, **kwargs: Any) -> Any:
        with channel.control_locked():
            return method(channel, *args, **kwargs)

    return locked


class Channel(filesystem.Channel):
    get_table = _alone(filesystem.Channel.get_table)
    _queue_bind = _alone(filesystem.Channel._queue_bind)
    _delete = _alone(filesystem.Channel._delete)

    @contextmanager
    def control_locked(self) -> Iterator[None]:
        with Path(self.control_folder, "lock").open("w") as held:  # closing it lets it go
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    def _put(self, queue: Any, message: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """A message is there as a whole or not at all: it is written beside, and then gets its name."""
        place = Path(self.data_folder_out, f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg")
        beside = place.with_suffix(".part")
        try:
            beside.write_bytes(dumps(message).encode())
            os.replace(beside, place)
        except OSError as error:
            raise ChannelError(f"Cannot add file {str(place)!r} to directory") from error

    def _get(self, queue: Any, timeout: Any = None) -> Any:
        """The next message; one that a cut of the power has left unreadable is taken out and said."""
        while True:
            try:
                return super()._get(queue)
            except ValueError as error:
                log.error("A message of the queue %s was no JSON and is left out: %s", queue, error)


class Transport(filesystem.Transport):
    Channel = Channel
