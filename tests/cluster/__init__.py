"""Several hosts on one machine: a month end while links are cut, hosts die and the database fails over.

`python -m tests.cluster` (as root, on Linux) makes a network of its own: one web server, two workers, one beat,
PostgreSQL with a synchronous streaming replica, Redis with a standby and three sentinels, each on a host of its own
(a network namespace behind a bridge). Nothing outside of it is touched, and nothing of it outlives the command.
"""
