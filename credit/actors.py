"""Who acts: a person, a job of the system, or an API client."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Actor:
    name: str
    user: Any = None
    rights: frozenset[str] | None = field(default=None, repr=False)

    @classmethod
    def person(cls, user: Any) -> "Actor":
        return cls(name=user.get_full_name() or user.get_username(), user=user)

    @classmethod
    def system(cls, name: str) -> "Actor":
        """A job or a command of the system; it may do everything."""
        return cls(name=name)

    @classmethod
    def client(cls, name: str, rights: frozenset[str]) -> "Actor":
        return cls(name=name, rights=rights)

    def may(self, permission: str) -> bool:
        """Whether the actor has a right such as "credit.overrun"."""
        if self.user is not None:
            return bool(self.user.has_perm(permission))
        return self.rights is None or permission in self.rights
