"""Sessions as Django keeps them in the database; only the question for one, which every page asks, is written once."""

from functools import cache
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import router
from django.utils import timezone

from credit.written_queries import WrittenRows, slot


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Any:
        live = _written(router.db_for_read(Session)).found(key=self.session_key, now=timezone.now())
        if not live:
            self._session_key = None
            return None
        return live[0]


@cache
def _written(using: str) -> WrittenRows[Session]:
    key, expires_at = Session._meta.get_field("session_key"), Session._meta.get_field("expire_date")
    live = Session.objects.filter(session_key=slot("key", key), expire_date__gt=slot("now", expires_at))
    return WrittenRows(live, using)
