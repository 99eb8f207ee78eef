"""The runner: drains the outbox. It alone shows cards and lets connectors act; what comes of it re-enters."""
