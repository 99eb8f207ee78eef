"""Which flaws are open on which devices: what the pending updates there would close."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from bot.core.actions import DeviceSnapshot
from bot.core.intel import Catalogue
from bot.core.platforms import Platform, platform_of, product_fits


def open_flaws(catalogue: Catalogue, devices: Iterable[DeviceSnapshot]) -> Mapping[str, tuple[str, ...]]:
    """Flaw -> ids of the devices that lack an update which closes it there, in the order of their ids.

    An update closes its own flaws and those of every older one that it replaces and the device never got.
    A device whose Windows is not known here is left out, as planning leaves it out.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    closes: dict[tuple[str, Platform], frozenset[str]] = {}
    for device in sorted(devices, key=lambda one: one.device_id):
        platform = platform_of(device)
        if platform is None:
            continue
        for flaw in sorted(_of_device(device, platform, catalogue, closes)):
            found[flaw].append(device.device_id)
    return {flaw: tuple(ids) for flaw, ids in found.items()}


def _of_device(
    device: DeviceSnapshot,
    platform: Platform,
    catalogue: Catalogue,
    closes: dict[tuple[str, Platform], frozenset[str]],
) -> set[str]:
    has = {*device.installed, *(old for kb in device.installed for old in catalogue.supersedes.get(kb, ()))}
    pending = {patch.kb for patch in device.pending if patch.kb}
    lacking = {kb for new in pending for kb in (new, *catalogue.supersedes.get(new, ()))} - has
    for kb in lacking:
        if (kb, platform) not in closes:
            rows = catalogue.by_kb.get(kb, ())
            closes[kb, platform] = frozenset(row.cve for row in rows if product_fits(row.product, platform))
    return {flaw for kb in lacking for flaw in closes[kb, platform]}
