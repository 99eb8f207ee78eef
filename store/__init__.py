"""Tables, unit of work, ledger and keys. Rows never leave this room."""
