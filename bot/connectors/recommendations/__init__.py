"""Recommendations from outside: signed CloudEvents, read into a closed list of wishes."""

from bot.connectors.recommendations.config import RecommenderConfig
from bot.connectors.recommendations.reader import NAME, SIGNATURE, RecommendationReader

__all__ = ["NAME", "SIGNATURE", "RecommendationReader", "RecommenderConfig"]
