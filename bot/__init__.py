"""Ringmaster: the bot between a managed service provider's automation and its people."""
