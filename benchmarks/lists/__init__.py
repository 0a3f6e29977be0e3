"""`python -m benchmarks.lists`: the list of wallets with a million of them, beside the stock Django admin."""
