"""Slack: channels and direct messages where cards stand, commands and buttons that come back signed.

Nothing is imported here: the SDK is loaded when a `SlackApp` is built.
"""
