"""NinjaOne: device inventory, patch state and actions over the vendor's public interface, version 2."""

from bot.connectors.ninjaone.config import NinjaOneConfig
from bot.connectors.ninjaone.connector import NinjaOne
from bot.connectors.ninjaone.webhook import EVENT_TYPES

__all__ = ["EVENT_TYPES", "NinjaOne", "NinjaOneConfig"]
