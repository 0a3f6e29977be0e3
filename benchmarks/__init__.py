"""Every figure that the documents quote, as a command. `python -m benchmarks` is the one that `make bench` runs."""
