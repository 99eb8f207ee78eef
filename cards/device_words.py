"""Devices in words: how many PCs and servers, which updates they get, what they are called, why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bot.core.actions import DeviceClass
from bot.core.offers import Offer, Target
from bot.core.rollout.state import Run
from cards.inert import inert
from cards.plural import count, shortened, some

NAME_CHARACTERS = 40
"""Windows computer names have at most 15; whatever is longer is cut, visibly."""
CAUSE_CHARACTERS = 40
SERVERS = frozenset({DeviceClass.SERVER.value, DeviceClass.DOMAIN_CONTROLLER.value})


def size(targets: Iterable[Target]) -> str:
    """`84 PCs, 0 servers`; domain controllers are servers and are named."""
    return class_size(target.device_class for target in targets)


def class_size(classes: Iterable[str]) -> str:
    """The same from the classes alone."""
    pcs, servers, controllers = _split(classes)
    named = f" ({count(controllers, 'domain controller')})" if controllers else ""
    return f"{count(pcs, 'PC')}, {count(servers, 'server')}{named}"


def short_size(targets: Iterable[Target]) -> str:
    """What there is of both, for push lines and sentences: `84 PCs`, `2 servers`, `84 PCs, 2 servers`."""
    pcs, servers, _ = _split(target.device_class for target in targets)
    both = [count(pcs, "PC")] if pcs or not servers else []
    return ", ".join([*both, count(servers, "server")] if servers else both)


def _split(classes: Iterable[str]) -> tuple[int, int, int]:
    kinds = Counter(classes)
    servers = sum(kinds[kind] for kind in SERVERS)
    return kinds.total() - servers, servers, kinds[DeviceClass.DOMAIN_CONTROLLER.value]


def noun(targets: Iterable[Target]) -> str:
    """What these devices are called when they are counted together."""
    servers = {target.device_class in SERVERS for target in targets}
    return "device" if len(servers) != 1 else "server" if servers.pop() else "PC"


def has_servers(offer: Offer) -> bool:
    """True when the plan touches a server or a domain controller."""
    return any(target.device_class in SERVERS for target in offer.targets)


def kb_text(kb: str) -> str:
    """`KB5099901` from the digits; anything else is shown as it came."""
    return f"KB{kb}" if kb.isascii() and kb.isdigit() else shortened(kb, 16) or "no KB"


def kb_counts(offer: Offer) -> dict[str, int]:
    """KB -> how many devices get it, most devices first."""
    return _ranked(Counter(target.kb for target in offer.targets))


def staying_out(offer: Offer, also_pending: Mapping[str, int]) -> dict[str, int]:
    """KB -> devices that lack it too and do not get it from this plan, most devices first.

    Those that the RMM itself has approved there are among them: our install is the named KB only.
    """
    approved = Counter(kb for target in offer.targets for kb in target.approved_set if kb != target.kb)
    return _ranked(
        {kb: max(approved.get(kb, 0), also_pending.get(kb, 0)) for kb in {*approved, *also_pending}}
    )


def _ranked(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def kb_list(counts: Mapping[str, int]) -> str:
    """`KB5099901 (61), KB5099902 (23)`."""
    return some(f"{kb_text(kb)} ({number:,})" for kb, number in counts.items())


def left_out_words(offer: Offer) -> str:
    """`6 (4 disk, 2 a restart is pending from before)`, or `none`."""
    if not offer.left_out:
        return "none"
    return f"{len(offer.left_out):,} ({causes(entry.why for entry in offer.left_out)})"


def causes(whys: Iterable[str]) -> str:
    """`4 disk, 2 off`: how many devices for each cause, the commonest first."""
    counted = _ranked(Counter(short_cause(why) for why in whys))
    return some(f"{number:,} {cause}" for cause, number in counted.items())


def short_cause(why: str) -> str:
    """The beginning of a cause, which names it; Details has the whole sentence."""
    for mark in (" (", ": ", ", "):
        why = why.partition(mark)[0]
    return shortened(why, CAUSE_CHARACTERS) or "no cause given"


class Names:
    """What people call a device: the newest name that is known, else the plan's, else its id."""

    def __init__(self, offer: Offer, known: Mapping[str, str]) -> None:
        self._names = {target.device_id: target.name for target in offer.targets} | dict(known)

    def of(self, device: str) -> str:
        """One device."""
        return shortened(self._names.get(device) or device, NAME_CHARACTERS)

    def some(self, runs: Sequence[Run], limit: int = 4) -> str:
        """The first few, and how many more."""
        return some((self.of(run.device) for run in runs), limit)


def packed(names: Iterable[str], room: int = 260) -> list[str]:
    """All names, comma-separated, in lines short enough to be drawn whole."""
    lines: list[str] = []
    for name in names:
        safe = shortened(inert(name), NAME_CHARACTERS) or "?"
        if lines and len(lines[-1]) + len(safe) + 2 <= room:
            lines[-1] += f", {safe}"
        else:
            lines.append(safe)
    return lines
