"""The demo's sign-ins: one person per group."""

from dataclasses import dataclass

from django.contrib.auth.models import Group, User
from django.utils.crypto import salted_hmac

from credit import groups
from credit.actors import Actor


@dataclass(frozen=True)
class Person:
    username: str
    first_name: str
    last_name: str
    group: str

    @property
    def password(self) -> str:
        """The same at every start and another one in every installation: it comes from the secret key."""
        return f"{self.username}-{salted_hmac('credit.demo', self.username).hexdigest()[:8]}"

    @property
    def email(self) -> str:
        return f"{self.username}@demo.example"


VIEWER = Person("viewer", "Tomáš", "Varga", groups.VIEWER)
OFFICER = Person("officer", "Eva", "Horváthová", groups.OFFICER)
MANAGER = Person("manager", "Jana", "Kováčová", groups.MANAGER)
ADMINISTRATOR = Person("admin", "Karol", "Baláž", groups.ADMINISTRATOR)
PEOPLE = (VIEWER, OFFICER, MANAGER, ADMINISTRATOR)


def are_here() -> bool:
    """Whether the database was made as a demo: its people have addresses that no real person can have."""
    return User.objects.filter(username=VIEWER.username, email=VIEWER.email).exists()


def sign_up() -> dict[Person, Actor]:
    """Makes the people, or gives them back the password that is printed; the actors they are."""
    return {person: Actor.person(_user(person)) for person in PEOPLE}


def _user(person: Person) -> User:
    user, is_new = User.objects.get_or_create(
        username=person.username,
        defaults={
            "first_name": person.first_name,
            "last_name": person.last_name,
            "email": person.email,
            "is_staff": person == ADMINISTRATOR,
        },
    )
    if is_new or not user.check_password(person.password):
        user.set_password(person.password)
        user.save()
    user.groups.add(Group.objects.get(name=person.group))
    return user


def sign_ins() -> list[str]:
    lines = [
        f"  {person.username:<8} {person.password:<17} {person.first_name} {person.last_name}, {person.group.lower()}"
        for person in PEOPLE
    ]
    return ["Sign in to the demo as:", *lines]
