"""What each card is drawn from: committed state, who is who, the clock, and the buttons that may be shown.

A verb that is missing from `buttons` has no button: a card never shows what would be refused for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from bot.core.advisor import Advice
from bot.core.gates import Gate
from bot.core.notices import Notice
from bot.core.pages import Page
from bot.core.project_words import Project
from bot.core.recommendations import Analysis, Recommendation
from bot.core.rollout.state import Rollout, Run
from bot.core.routine_words import Routine

_NO_WORDS: Mapping[str, str] = {}


class GateView(msgspec.Struct, frozen=True, kw_only=True):
    """One gate of a rollout."""

    gate: Gate
    rollout: Rollout
    client: str
    """The client's name as people say it."""
    advice: Advice | None = None
    analysis: Analysis | None = None
    names: Mapping[str, str] = _NO_WORDS
    """Person id -> name."""
    buttons: Mapping[str, str] = _NO_WORDS
    """Verb -> signed value: approve, reject, details, stop; for the reasons: `cards/rejecting.py`."""
    now: datetime
    zone: str
    """The client's clock, an IANA name."""
    console_url: str = ""


class RolloutView(msgspec.Struct, frozen=True, kw_only=True):
    """One rollout, with the rows that people ask about."""

    rollout: Rollout
    client: str
    names: Mapping[str, str] = _NO_WORDS
    buttons: Mapping[str, str] = _NO_WORDS
    """Verb -> signed value: stop, resume, details."""
    now: datetime
    zone: str
    devices: tuple[Run, ...] = ()
    """The rows worth naming: failed, silent, blocked, held, not restored."""
    device_names: Mapping[str, str] = _NO_WORDS


class PageView(msgspec.Struct, frozen=True, kw_only=True):
    """One call to a person on call."""

    page: Page
    rollout: Rollout | None
    client: str
    names: Mapping[str, str] = _NO_WORDS
    buttons: Mapping[str, str] = _NO_WORDS
    """Verb -> signed value: take, next, details."""
    now: datetime
    zone: str
    devices: tuple[Run, ...] = ()
    device_names: Mapping[str, str] = _NO_WORDS
    next_person: str = ""
    """Id of the person who is called next, if there is one."""


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that people are told."""

    notice: Notice
    client: str
    names: Mapping[str, str] = _NO_WORDS
    buttons: Mapping[str, str] = _NO_WORDS
    """Verb -> signed value: looks-right, flag, details, and that of the undo."""
    now: datetime
    zone: str


class RecommendationView(msgspec.Struct, frozen=True, kw_only=True):
    """One recommendation to a client that is not live."""

    recommendation: Recommendation
    client: str
    names: Mapping[str, str] = _NO_WORDS
    approvers: tuple[str, ...] = ()
    """Who would have been asked."""
    now: datetime
    zone: str


class PhaseGateView(msgspec.Struct, frozen=True, kw_only=True):
    """One question about a phase of a project."""

    gate: Gate
    project: Project
    client: str
    names: Mapping[str, str] = _NO_WORDS
    buttons: Mapping[str, str] = _NO_WORDS
    """Verb -> signed value: go, not-yet, details; for the reasons: `cards/not_yet.py`."""
    now: datetime
    zone: str
    held: str = ""
    """Why nothing new may begin at this client; empty when it may."""


class ProjectView(msgspec.Struct, frozen=True, kw_only=True):
    """One project in phases."""

    project: Project
    client: str
    names: Mapping[str, str] = _NO_WORDS
    buttons: Mapping[str, str] = _NO_WORDS
    """Verb -> signed value: details."""
    now: datetime
    zone: str


class RoutineView(msgspec.Struct, frozen=True, kw_only=True):
    """One small piece of work that the bot does by itself, asks for, or advises."""

    routine: Routine
    client: str
    buttons: Mapping[str, str] = _NO_WORDS
    """Verb -> signed value: did, not-done, details."""
    now: datetime
    zone: str


class RoutineGateView(msgspec.Struct, frozen=True, kw_only=True):
    """The question about one small piece of work (L2)."""

    gate: Gate
    routine: Routine
    client: str
    names: Mapping[str, str] = _NO_WORDS
    buttons: Mapping[str, str] = _NO_WORDS
    """Verb -> signed value: approve, reject, details."""
    now: datetime
    zone: str
