"""The HTTP API, version 1: `credit.api.urls` is its face. Every verb calls one action; nothing is decided here."""
