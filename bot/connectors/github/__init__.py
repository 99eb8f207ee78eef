"""GitHub: deliveries about pipelines and deployments, checked over their raw bytes and tamed."""

from bot.connectors.github.config import GitHubConfig
from bot.connectors.github.reader import EVENTS, NAME, GitHubReader

__all__ = ["EVENTS", "NAME", "GitHubConfig", "GitHubReader"]
