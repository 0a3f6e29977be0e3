"""The storm: 64 clients at once over HTTP for a bounded time, while everything around them breaks.

The web server is killed, database connections are cut, clients hang up in the middle of a request, months end. Every
request is sent again with its key until it is answered. Then the books are added up: `python -m tests.storm`.
"""
