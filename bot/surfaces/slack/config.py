"""How the bot signs in at Slack, and where Slack is."""

from __future__ import annotations

import msgspec

API_URL = "https://slack.com/api/"


class SlackConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One app installed in one workspace, or in one enterprise."""

    bot_token: str
    signing_secret: str
    api_url: str = API_URL
    """Another one in tests, in the demo, and behind a company's own gateway."""
    command: str = "/ring"

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs 3.12
        return f"SlackConfig({self.api_url!r}, {self.command!r}, secrets hidden)"
