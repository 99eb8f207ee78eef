"""When machines are switched on: servers nearly always, laptops in office hours with some away.

Figures: servers 99.9 %, laptops in office hours with 12.5 % away on any day (both assumed, not published).
"""

from __future__ import annotations

from bot.twins.fleet import chance
from bot.twins.fleet.model import Device

QUARTER_S = 900
HOUR_S = 3_600
DAY_S = 86_400
AWAY_PM = 125
LEFT_ON_PM = 900
EVENING_PM = 150


def switched_on(seed: int, device: Device, at_s: int, utc_offset_hours: int) -> bool:
    """Whether the device is on and connected in the quarter hour of `at_s`, accidents aside."""
    local_s = at_s + utc_offset_hours * HOUR_S
    if device.device_class in ("server", "domain_controller") or device.role == "kiosk":
        limit = 5 if device.role == "kiosk" else 1
        return not chance.happens(limit, seed, "outage", device.id, local_s // QUARTER_S)
    hour, day = local_s // HOUR_S % 24, local_s // DAY_S
    weekday = (day + 3) % 7 < 5  # day 0 of the epoch was a Thursday
    if device.device_class == "laptop":
        return _laptop_on(seed, device.id, hour, day, weekday=weekday)
    if weekday and 7 <= hour < 19:
        return not chance.happens(10, seed, "desk empty", device.id, day)
    return chance.happens(LEFT_ON_PM, seed, "left on", device.id)


def _laptop_on(seed: int, device_id: int, hour: int, day: int, *, weekday: bool) -> bool:
    if weekday and 8 <= hour < 18:
        return not chance.happens(AWAY_PM, seed, "away", device_id, day)
    return 18 <= hour < 23 and chance.happens(EVENING_PM, seed, "evening", device_id, day)
