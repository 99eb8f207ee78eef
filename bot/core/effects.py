"""Effects: what the world should do because of a fact. The runner carries them out; the core never does.

Each effect has a key. The same key is one effect, however often it is asked for.
"""

from __future__ import annotations

from bot.core.actions import Action, ScanPatches
from bot.core.value import Value

DECISION, ACTION, UPDATE, NOTICE = 0, 1, 2, 3
"""Priorities inside a lane: decisions overtake notices."""


class ShowCard(Value, tag="show"):
    """Bring every copy of one thing's card up to its committed state, and post it where it belongs."""

    kind: str
    id: str
    priority: int = UPDATE
    persons: tuple[str, ...] = ()
    """People who also get it as a direct message."""


class Act(Value, tag="act"):
    """Do one thing on one device, for one rollout."""

    rollout: str
    action: Action


class Scan(Value, tag="scan"):
    """Ask one device to look for missing updates again, as part of one routine."""

    routine: str
    action: ScanPatches


class ObserveDevices(Value, tag="observe"):
    """Read the watched devices of a rollout and report, again and again until nothing is left to watch."""

    rollout: str


class ReadFleet(Value, tag="fleet"):
    """Read one client's devices again, now and then at the account's pace."""

    account: str
    organisation: str


class PageOnCall(Value, tag="page"):
    """Tell the person on call. Who that is, the house knows."""

    subject_kind: str
    subject_id: str
    reason: str
    """One sentence: what happened and what is needed."""
    round: str
    after_person: str = ""
    """The person who did not answer; the next one is called."""


Effect = ShowCard | Act | Scan | ObserveDevices | ReadFleet | PageOnCall


def key_of(effect: Effect) -> str:
    """The idempotency key: two effects with one key are one."""
    match effect:
        case ShowCard():
            return f"show:{effect.kind}:{effect.id}"
        case Act() | Scan():
            return effect.action.key
        case ObserveDevices():
            return f"observe:{effect.rollout}"
        case PageOnCall():
            return f"page:{effect.subject_kind}:{effect.subject_id}:{effect.round}:{effect.after_person}"
        case ReadFleet():
            return f"fleet:{effect.account}:{effect.organisation}"


def lane_of(effect: Effect) -> str:
    """Effects of one lane happen one after the other; different lanes do not wait for each other."""
    match effect:
        case ShowCard():
            return f"card:{effect.kind}:{effect.id}"
        case Act():
            return f"device:{effect.action.device_id}"
        case Scan():
            return f"scan:{effect.action.device_id}"
        case ObserveDevices():
            return f"observe:{effect.rollout}"
        case PageOnCall():
            return "page"
        case ReadFleet():
            return f"fleet:{effect.account}:{effect.organisation}"
