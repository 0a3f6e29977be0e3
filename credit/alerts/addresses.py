"""To which addresses the portal calls out: public ones over HTTPS, and private ones only where a setting names them.

A person who may enter a webhook must not reach what stands behind the firewall through the portal. So the name is
looked up here, every address it has is judged, and the call goes to the address that was judged: what the name means a
moment later does not matter.
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotCallable(Exception):
    """The address is refused; the message says why. `for_good`: it will be refused later too."""

    def __init__(self, message: str, *, for_good: bool = True):
        super().__init__(message)
        self.for_good = for_good


@dataclass(frozen=True)
class Target:
    scheme: str
    host: str
    port: int
    path: str
    ip: str = ""


def parse(url: str) -> Target:
    """The parts of an address as it was typed; NotCallable where it can never be one. No name is looked up."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        raise NotCallable(_("The address cannot be read. Type it like https://example.com/alerts.")) from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise NotCallable(_("The address must begin with https:// and name a host."))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise NotCallable(_("The address must not carry a user, a password or a part after #."))
    if any(ord(letter) <= 32 or ord(letter) > 126 for letter in url):
        raise NotCallable(_("The address has a character that an address cannot have. Encode it."))
    path = parts.path or "/"
    return Target(parts.scheme, parts.hostname, port, f"{path}?{parts.query}" if parts.query else path)


def resolve(url: str) -> Target:
    """The target with the one address that is to be called. NotCallable, also where the name is not known."""
    target = parse(url)
    addresses = _looked_up(target)
    for address in addresses:
        if not _is_allowed(address, target.scheme):
            raise NotCallable(_refusal(target, address))
    return Target(target.scheme, target.host, target.port, target.path, str(addresses[0]))


def _looked_up(target: Target) -> list[Address]:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        words = _("%(host)s is not known: the name has no address.") % {"host": target.host}
        raise NotCallable(words, for_good=False) from None
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _is_allowed(address: Address, scheme: str) -> bool:
    if any(address in network for network in _named_networks() if network.version == address.version):
        return True
    return scheme == "https" and all(_is_public(one) for one in _meant(address))


def _meant(address: Address) -> list[Address]:
    """An IPv6 address may stand for an IPv4 one, and then both have to be public."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    inside = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in ipaddress.IPv6Network("64:ff9b::/96"):
        inside.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    found = [one for one in inside if one is not None]
    return found if address.ipv4_mapped else [address, *found]


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast


def _named_networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(text) for text in settings.CREDIT_WEBHOOK_PRIVATE_NETWORKS]


def _refusal(target: Target, address: Address) -> str:
    if target.scheme != "https" and all(_is_public(one) for one in _meant(address)):
        return _("The address must begin with https://: what is sent concerns a customer's money.")
    words = _(
        "%(host)s is an address inside a network (%(address)s). The portal calls public addresses only."
    )
    return words % {"host": target.host, "address": address}
