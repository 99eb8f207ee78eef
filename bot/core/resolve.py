"""From an update as people name it to one KB for each device, decided by build, supersedence and the RMM's
list.

A device gets a KB only if the RMM lists it as pending there and its product fits the device's Windows.
Every device ends in exactly one of four places: it needs a KB, has it already, is not concerned, or could
not be matched (with the reason), so that nothing is left out in silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from bot.core.actions import DeviceSnapshot
from bot.core.intel import Catalogue, Subject, UpdateRow, known_subject
from bot.core.platforms import Platform, is_system_product, platform_of, product_fits

UNKNOWN_SYSTEM: Final = "its Windows build is not known here"
NOT_OFFERED: Final = "the RMM lists the update neither as pending nor as installed"


class DeviceNeed(msgspec.Struct, frozen=True, kw_only=True):
    """The one KB that a device needs, and every flaw it closes there."""

    device_id: str
    kb: str
    cves: tuple[str, ...]
    instead_of: str | None = None
    """The KB of the update that this one replaces, when a newer one is pending."""
    also: tuple[str, ...] = ()
    """Other pending KBs of the same update there (.NET beside Windows): not in this plan, but said."""


class Unmatched(msgspec.Struct, frozen=True, kw_only=True):
    """A device about which nothing can be planned, and why."""

    device_id: str
    why: str


class UnplannableRow(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A row of the feed that names a flaw in a product and no KB that mends it."""

    cve: str
    product: str


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for one update and one fleet; every device is in exactly one of the four lists."""

    subject: Subject
    needs: tuple[DeviceNeed, ...]
    already: tuple[str, ...]
    not_applicable: tuple[str, ...]
    unmatched: tuple[Unmatched, ...]
    superseded: Mapping[str, tuple[str, ...]]
    """KB of the update -> newer KBs that are taken in its place on some device."""
    unplannable: tuple[UnplannableRow, ...]
    not_plannable_rows: int

    def devices_by_kb(self) -> dict[str, tuple[str, ...]]:
        """KB -> the devices that get it: what the card lists."""
        kbs = sorted({need.kb for need in self.needs})
        return {kb: tuple(need.device_id for need in self.needs if need.kb == kb) for kb in kbs}


class _Offer(msgspec.Struct, frozen=True):
    """What the update means on one platform, worked out once for all devices of it."""

    wanted: frozenset[str]
    systems: frozenset[str]
    """Those of the wanted that mend Windows itself."""
    known: Mapping[str, tuple[UpdateRow, ...]]


def resolve(update: str, catalogue: Catalogue, devices: Sequence[DeviceSnapshot]) -> Resolution:
    """Resolve "KB5041160", "CVE-2024-38063" or "2024-08"; refuses an update that the catalogue does not
    know.
    """
    subject = known_subject(update, catalogue)
    rows = catalogue.of(subject)
    offers: dict[Platform, _Offer] = {}
    placed: list[DeviceNeed | Unmatched | tuple[str, bool]] = []
    for device in sorted(devices, key=lambda one: one.device_id):
        platform = platform_of(device)
        if platform is None:
            placed.append(Unmatched(device_id=device.device_id, why=UNKNOWN_SYSTEM))
            continue
        if platform not in offers:
            offers[platform] = _offer(rows, catalogue, platform)
        placed.append(_place(device, offers[platform], catalogue))
    return _resolution(subject, rows, placed)


def _offer(rows: Sequence[UpdateRow], catalogue: Catalogue, platform: Platform) -> _Offer:
    """Known KBs that fit the platform: those of the update, and those that replace one of them."""
    concerned = [row for row in rows if row.kb and product_fits(row.product, platform)]
    wanted = frozenset(row.kb for row in concerned)
    related = {kb for kb, older in catalogue.supersedes.items() if kb in wanted or older & wanted}
    fitting = {
        kb: tuple(row for row in catalogue.by_kb[kb] if product_fits(row.product, platform)) for kb in related
    }
    return _Offer(
        wanted=wanted,
        systems=frozenset(row.kb for row in concerned if is_system_product(row.product)),
        known={kb: found for kb, found in fitting.items() if found},
    )


def _place(
    device: DeviceSnapshot, offer: _Offer, catalogue: Catalogue
) -> DeviceNeed | Unmatched | tuple[str, bool]:
    """A need, an explanation, or (device, whether it has the update already)."""
    if not offer.wanted:
        return device.device_id, False
    done = {kb for kb in offer.wanted if _has(device.installed, kb, catalogue)}
    open_kbs = offer.wanted - done
    pending = {patch.kb for patch in device.pending}
    candidates = {
        kb for kb in pending & offer.known.keys() if kb in open_kbs or _any(kb, open_kbs, catalogue)
    }
    newest = {kb for kb in candidates if not any(_outdates(other, kb, catalogue) for other in candidates)}
    if newest:
        return _need(device.device_id, newest, offer, open_kbs, catalogue)
    # A device that has the .NET part only does not have the update for Windows.
    if done & (offer.systems or offer.wanted):
        return device.device_id, True
    return Unmatched(device_id=device.device_id, why=NOT_OFFERED)


def _has(installed: Sequence[str], kb: str, catalogue: Catalogue) -> bool:
    return any(have == kb or catalogue.replaces(have, kb) for have in installed)


def _any(newer: str, older: frozenset[str], catalogue: Catalogue) -> bool:
    return any(catalogue.replaces(newer, kb) for kb in older)


def _outdates(newer: str, older: str, catalogue: Catalogue) -> bool:
    """Feeds hold circles of KBs that replace each other; members of one circle outdate nobody in it."""
    return catalogue.replaces(newer, older) and not catalogue.replaces(older, newer)


def _need(
    device_id: str, candidates: set[str], offer: _Offer, open_kbs: frozenset[str], catalogue: Catalogue
) -> DeviceNeed:
    """Choose one: Windows itself before what runs on it, then what closes most flaws, then the higher
    number.
    """
    closed = {kb: _closed_by(kb, offer, catalogue) for kb in candidates}

    def rank(kb: str) -> tuple[bool, int, int]:
        return any(is_system_product(row.product) for row in offer.known[kb]), len(closed[kb]), int(kb)

    chosen = max(candidates, key=rank)
    old = [] if chosen in open_kbs else sorted(kb for kb in open_kbs if catalogue.replaces(chosen, kb))
    return DeviceNeed(
        device_id=device_id,
        kb=chosen,
        cves=tuple(sorted(closed[chosen])),
        instead_of=old[-1] if old else None,
        also=tuple(sorted(candidates - {chosen})),
    )


def _closed_by(kb: str, offer: _Offer, catalogue: Catalogue) -> frozenset[str]:
    """The flaws that the feed says a KB closes on this platform, with those of the KBs that it replaces."""
    members = [one for one in offer.known if one == kb or catalogue.replaces(kb, one)]
    return frozenset(row.cve for one in members for row in offer.known[one])


def _resolution(
    subject: Subject, rows: Sequence[UpdateRow], placed: Sequence[DeviceNeed | Unmatched | tuple[str, bool]]
) -> Resolution:
    needs = tuple(one for one in placed if isinstance(one, DeviceNeed))
    settled = [one for one in placed if isinstance(one, tuple)]
    superseded: dict[str, set[str]] = {}
    for need in needs:
        if need.instead_of is not None:
            superseded.setdefault(need.instead_of, set()).add(need.kb)
    without_kb = [row for row in rows if not row.kb]
    return Resolution(
        subject=subject,
        needs=needs,
        already=tuple(device_id for device_id, has in settled if has),
        not_applicable=tuple(device_id for device_id, has in settled if not has),
        unmatched=tuple(one for one in placed if isinstance(one, Unmatched)),
        superseded={old: tuple(sorted(new)) for old, new in sorted(superseded.items())},
        unplannable=tuple(sorted({UnplannableRow(cve=row.cve, product=row.product) for row in without_kb})),
        not_plannable_rows=len(without_kb),
    )
