"""Other packages that keep wallets, each run in an environment of its own."""
