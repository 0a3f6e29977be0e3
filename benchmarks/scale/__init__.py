"""`python -m benchmarks.scale`: the ledger in partitions by month and its archive, measured small, told large."""
