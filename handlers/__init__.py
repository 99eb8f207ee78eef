"""Load, decide, save: one file per family of messages."""
