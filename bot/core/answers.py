"""What people get back: a closed set of values that hold facts only. Their wording is in `cards/answers.py`.

`Answer` is everything that can be said at once. `DetailsWanted` and `AskReason` are replies that a card of
the thing itself answers: whoever asked for a reply turns them into that card.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from bot.core.answer_parts import NO_SIZE as NO_SIZE
from bot.core.answer_parts import Client as Client
from bot.core.answer_parts import Size as Size
from bot.core.gates import GateStatus, Verb
from bot.core.notices import Verdict
from bot.core.phase_answers import PhaseAnswer, PhasesAnswer
from bot.core.routine_answers import ReportedAnswer as ReportedAnswer
from bot.core.routine_answers import ScanAnswer as ScanAnswer
from bot.core.standing_answers import ClientState as ClientState
from bot.core.standing_answers import DeviceAnswer as DeviceAnswer
from bot.core.standing_answers import DeviceEpisode as DeviceEpisode
from bot.core.standing_answers import RolloutAnswer as RolloutAnswer
from bot.core.standing_answers import RolloutLine as RolloutLine
from bot.core.standing_answers import StatusAnswer as StatusAnswer
from bot.core.value import Value


class Purpose(StrEnum):
    """What a question is about; the words of `Question.purpose`."""

    START = "start"
    PROMOTE = "promote"
    CONTINUE = "continue"
    ROLLBACK = "rollback"
    PHASE = "phase"


# --- what waits ---


class WaitingItem(Value):
    """One open question."""

    client: Client
    gate: str
    code: str
    offer8: str
    purpose: Purpose
    title: str
    size: Size
    until: datetime
    names: tuple[str, ...]
    """Who can still answer it."""
    blocked: str = ""
    """Why a yes would not count now; empty when it would."""


class WaitingAnswer(Value, tag="waiting"):
    """What waits for the person who asked, and what waits for others."""

    mine: tuple[WaitingItem, ...]
    others: tuple[WaitingItem, ...]


# --- decisions ---


class VoteAnswer(Value, tag="vote"):
    """A person's word was counted."""

    client: Client
    code: str
    purpose: Purpose
    verb: Verb
    reason: str
    at: datetime
    count: int
    quorum: int
    status: GateStatus
    first_ring: Size
    starts_at: datetime | None
    """When work begins; None for what is no work on machines."""
    not_before_resume: bool
    """Approved, but the client as a whole is stopped."""
    kept: Size = NO_SIZE
    """With left_out: what all who said yes so far leave of the offer."""
    left_out: Size = NO_SIZE
    """What this person and the others took away; nothing: it is all as asked."""
    test_only: bool = False
    """Only the first ring of several is left."""
    later: bool = False
    """A later start was asked for than planned."""
    follows: str = ""
    """What a yes led to, where it is no work on machines."""


class WhyAnswer(Value, tag="why"):
    """Why the person may or may not decide, and why a person is asked at all."""

    client: Client
    code: str
    purpose: Purpose
    status: GateStatus
    may: bool
    reason: str
    """The sentence of the rule that says no; empty when the person may."""
    roles: tuple[str, ...]
    quorum: int
    not_requester: bool
    servers: int
    names: tuple[str, ...]
    until: datetime
    waits_because: str
    """What the rollout itself says it waits for; empty for a first question."""
    blocked: str = ""
    """Why a yes would not count now; empty when it would."""


# --- plain ones ---


class OnCallAnswer(Value, tag="oncall"):
    """Who is called, in this order."""

    names: tuple[str, ...]


class HelpAnswer(Value, tag="help"):
    """What can be typed: usage and summary."""

    lines: tuple[tuple[str, str], ...]
    topic: str = ""


# --- steering ---


class ClientStop(Value):
    """What a stop did at one client."""

    client: Client
    rollouts: tuple[str, ...]
    finishing: Size
    """Machines that are mid-install and will finish."""


class StoppedAnswer(Value, tag="stopped"):
    """Nothing new starts."""

    at: datetime
    clients: tuple[ClientStop, ...]
    code: str = ""
    """The one rollout that was stopped; empty when whole clients were."""
    rollout: str = ""
    """Its id."""
    refused: tuple[tuple[Client, str], ...] = ()
    """Clients of a stop of all where it could not be done, each with the sentence."""


class ResumedAnswer(Value, tag="resumed"):
    """Work may go on."""

    at: datetime
    clients: tuple[Client, ...]
    code: str = ""
    asked: str = ""
    """A question that has to be answered first: its code."""
    still: tuple[str, ...] = ()
    """Other reasons for which rollouts still wait."""
    refused: tuple[tuple[Client, str], ...] = ()


class EndedAnswer(Value, tag="ended"):
    """A rollout was ended by a person."""

    at: datetime
    line: RolloutLine


class RollingBackAnswer(Value, tag="rolling-back"):
    """The update is being taken off again."""

    at: datetime
    line: RolloutLine


class PlannedAnswer(Value, tag="planned"):
    """A rollout was planned because somebody asked for it."""

    client: Client
    code: str
    title: str
    size: Size
    until: datetime | None
    names: tuple[str, ...]
    shadow: bool = False
    """The client is not live: this is only what would have been asked."""


class PageAnswer(Value, tag="page"):
    """A page was taken, or goes on to the next person."""

    client: Client
    code: str
    reason: str
    taken_by: str
    """Empty: nobody has it."""
    next_name: str = ""
    next_at: datetime | None = None
    """When the next one is called by itself; None when that has happened or will not."""


class BoundAnswer(Value, tag="bound"):
    """A conversation belongs to a client now, or to nobody any more."""

    client: Client
    title: str
    """What the place is called."""
    bound: bool = True


class NoticeAnswer(Value, tag="notice"):
    """What the person said about a notice was noted."""

    client: Client
    code: str
    verdict: Verdict
    at: datetime
    needs_person: bool


# --- no, which, and what ---


class RefusedAnswer(Value, tag="refused"):
    """A no, with the sentence and the rule."""

    why: str
    rule: str = "refused"


class Which(StrEnum):
    """What has to be chosen."""

    CLIENT = "client"
    QUESTION = "question"
    ROLLOUT = "rollout"
    REASON = "reason"
    DEVICE = "device"
    PROJECT = "project"


class ChoiceAnswer(Value, tag="choice"):
    """More than one thing is meant; each option is a label and the line to type."""

    question: Which
    options: tuple[tuple[str, str], ...]


class MistypedAnswer(Value, tag="mistyped"):
    """Not understood, with the nearest right line."""

    sentence: str
    suggestion: str


Answer = (
    WaitingAnswer
    | VoteAnswer
    | WhyAnswer
    | StatusAnswer
    | RolloutAnswer
    | DeviceAnswer
    | OnCallAnswer
    | HelpAnswer
    | StoppedAnswer
    | ResumedAnswer
    | EndedAnswer
    | RollingBackAnswer
    | PlannedAnswer
    | PageAnswer
    | NoticeAnswer
    | ScanAnswer
    | ReportedAnswer
    | BoundAnswer
    | PhaseAnswer
    | PhasesAnswer
    | RefusedAnswer
    | ChoiceAnswer
    | MistypedAnswer
)


class DetailsWanted(Value, tag="details"):
    """The person wants the whole of a thing: its details card answers."""

    tenant: str
    kind: str
    """gate | rollout | page | recommendation | routine"""
    id: str


class CardWanted(Value, tag="card"):
    """The person wants the thing's own card back: as committed now, it answers."""

    tenant: str
    kind: str
    id: str


class AskReason(Value, tag="ask-reason"):
    """Which reason, before a no is counted; nothing is decided yet. The gate's reason card answers."""

    tenant: str
    gate: str
    in_words: bool = False
    """True: the person wants to write it."""


class AskChanges(Value, tag="ask-changes"):
    """Which part, before a yes to less than all is counted; nothing is decided yet. The gate's card of
    changes answers.
    """

    tenant: str
    gate: str
    person: str
    """Who is asked: what others took away already is not offered again."""
    in_form: bool = False
    """True: the person wants to choose on the form."""
    faults: tuple[tuple[str, str], ...] = ()
    """Field of the form that was sent, and what is wrong with it."""


Reply = Answer | DetailsWanted | CardWanted | AskReason | AskChanges
