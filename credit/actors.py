"""Who acts: a person, a job of the system, or an API client; and from where."""

from dataclasses import dataclass, field, replace
from typing import Any

from credit.origins import Origin, current


@dataclass(frozen=True)
class Actor:
    name: str
    user: Any = None
    rights: frozenset[str] | None = field(default=None, repr=False)
    client_id: int | None = None
    # The group whose authority a client has; a person has that of all their groups.
    authority_id: int | None = None
    # What a system measured and a person handed over: the service was delivered, nobody decides about it.
    is_delivered: bool = False
    # The same client from two addresses is one actor: its charges are applied together.
    origin: Origin = field(default_factory=current, compare=False)

    @classmethod
    def person(cls, user: Any) -> "Actor":
        return cls(name=user.get_full_name() or user.get_username(), user=user)

    @classmethod
    def system(cls, name: str) -> "Actor":
        """A job or a command of the system; it may do everything."""
        return cls(name=name)

    @classmethod
    def client(
        cls, name: str, rights: frozenset[str], pk: int | None = None, authority_id: int | None = None
    ) -> "Actor":
        return cls(name=name, rights=rights, client_id=pk, authority_id=authority_id)

    @classmethod
    def measured(cls, user: Any) -> "Actor":
        """A person who hands in what a system measured, such as a usage file."""
        return replace(cls.person(user), is_delivered=True)

    def from_here(self) -> "Actor":
        """An actor that outlives a request, as this one's: its origin is where the running request came from."""
        return replace(self, origin=current())

    @property
    def decides(self) -> bool:
        """A person, or a client with rights: they say why. A job of the system does what was decided before."""
        return self.user is not None or self.rights is not None

    def may(self, permission: str) -> bool:
        """Whether the actor has a right such as "credit.overrun"."""
        if self.user is not None:
            return bool(self.user.has_perm(permission))
        return self.rights is None or permission in self.rights

    def signature(self) -> dict[str, Any]:
        """Who and from where, as the columns of a Change."""
        return {
            "by_user": self.user,
            "by_name": self.name,
            "by_client_id": self.client_id,
            "door": self.origin.door,
            "address": self.origin.address,
            "task": self.origin.task,
        }
