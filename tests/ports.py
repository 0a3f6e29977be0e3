"""Ports for servers that a test starts: nobody else is given one between the asking and the server's start."""

import socket
from random import SystemRandom

# Below those that systems give to outgoing connections (Linux from 32768), above those that browsers refuse to open.
FIRST, LAST = 20_000, 32_000
# Not seeded: two processes of one run must not draw the same ones.
_random = SystemRandom()
_given: set[int] = set()


def free_port() -> int:
    while True:
        port = _random.randrange(FIRST, LAST)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
