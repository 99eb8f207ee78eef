"""What people get back about how it stands: rollouts in numbers, clients, devices."""

from __future__ import annotations

from datetime import datetime

from bot.core.answer_parts import Client, Size
from bot.core.phase_answers import PhaseLine
from bot.core.value import Value


class RolloutLine(Value):
    """One rollout in numbers."""

    client: Client
    rollout: str
    code: str
    title: str
    status: str
    size: Size
    ring: int
    """Counted from 1."""
    rings: int
    done: int
    failed: int
    in_progress: int
    left_over: int
    going_back: int
    needs_hands: int
    pauses: tuple[str, ...]
    gate_code: str
    starts_at: datetime
    next_at: datetime | None
    """When time itself goes on: the start, the next window, the end of a soak."""
    ended_at: datetime | None
    end_text: str
    halt_text: str


class ClientState(Value):
    """One client now."""

    client: Client
    mode: str
    stopped: str
    rollouts: tuple[RolloutLine, ...]
    last: RolloutLine | None = None
    """The rollout that ended last, when none is under way."""
    projects: tuple[PhaseLine, ...] = ()
    """Projects that are not finished."""


class StatusAnswer(Value, tag="status"):
    """How it stands at one client or at several."""

    clients: tuple[ClientState, ...]


class RolloutAnswer(Value, tag="rollout"):
    """How it stands with one rollout."""

    line: RolloutLine


class DeviceEpisode(Value):
    """One device's part in one rollout."""

    code: str
    title: str
    kb: str
    ring: int
    state: str
    since: datetime | None
    why: str


class DeviceAnswer(Value, tag="device"):
    """What we know of a device and did to it."""

    client: Client
    name: str
    device_class: str
    site: str
    online: bool | None
    last_contact: datetime | None
    read_at: datetime | None
    pending: int | None
    episodes: tuple[DeviceEpisode, ...]
    """Newest first."""
