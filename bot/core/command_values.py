"""What a typed line can mean: one value a command, with what it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from bot.core.grammar import Vocabulary
from bot.core.value import Value


class Aim(StrEnum):
    """What a command is about."""

    CLIENT = "client"
    CODE = "code"
    EVERYTHING = "all"


class Target(Value):
    """A client, a short id, or every client of the conversation."""

    aim: Aim
    name: str = ""
    """Tenant or short id; empty for everything."""


class Waiting(Value):
    """What waits for me?"""


class Status(Value):
    """How does it stand: everywhere here, at one client, with one thing?"""

    target: Target | None = None


class Approve(Value):
    """Yes to this question, or to a part of it; an empty code means the only one that waits for me."""

    code: str = ""
    rings: int = 0
    """Only the first so many rings; 0: all."""
    servers: bool = True
    """False: without the servers."""
    without: tuple[str, ...] = ()
    """Devices that stay as they are, as they were typed."""
    later: bool = False
    """True: in the next window after the planned one."""

    def changed(self) -> bool:
        """True when less than all was said."""
        return bool(self.rings or self.without or self.later or not self.servers)

    def part(self) -> str:
        """The part as it may be typed again: `up to ring 1 without servers next window`."""
        named = [*([] if self.servers else ["servers"]), *self.without]
        said = [f"up to ring {self.rings}"] if self.rings else []
        said += [f"without {' '.join(named)}"] if named else []
        return " ".join([*said, *(["next window"] if self.later else [])])


class Reject(Value):
    """No to this question, with the reason."""

    code: str = ""
    reason: str = ""


class Why(Value):
    """Why may I, or may I not, decide this, and why does it need a person?"""

    code: str = ""


class Stop(Value):
    """Start nothing new."""

    target: Target | None = None
    reason: str = ""


class Resume(Value):
    """Go on after a stop."""

    target: Target | None = None


class RolloutStart(Value):
    """Plan the rollout of an update and ask for its approval."""

    update: str
    client: str = ""


class RolloutAbort(Value):
    """End a rollout; what is done stays done."""

    code: str = ""
    reason: str = ""


class RolloutRollback(Value):
    """Take the update off again."""

    code: str = ""
    reason: str = ""


class Scan(Value):
    """Let the devices of a client look for missing updates again."""

    client: str = ""


class Reported(Value):
    """What was advised is done, or will not be done; an empty code means the only advice that waits."""

    did: bool
    code: str = ""
    words: str = ""


class Reviewed(Value):
    """What was told looks right, or somebody should look; an empty code means the only open notice."""

    flag: bool
    code: str = ""


class PhaseStart(Value):
    """Begin a project by a template."""

    template: str
    client: str = ""


class PhaseStatus(Value):
    """How does it stand with the projects here, at one client, or with one?"""

    target: Target | None = None


class PhaseAdvance(Value):
    """Ask: go or no-go? An empty code means the only project here."""

    code: str = ""


class PhaseDone(Value):
    """A prerequisite is met, says the person; an empty code means the only project that needs it."""

    criterion: str
    code: str = ""
    words: str = ""


class DeviceQuestion(Value):
    """What did we do to this device?"""

    name: str
    client: str = ""
    """Named when several clients have a device of that name."""


class Bind(Value):
    """This conversation belongs to this client."""

    client: str = ""


class Unbind(Value):
    """This conversation belongs to nobody any more."""


class OnCall(Value):
    """Who is on call?"""


class Help(Value):
    """What can be typed?"""

    topic: str = ""


Command = (
    Waiting
    | Status
    | Approve
    | Reject
    | Why
    | Stop
    | Resume
    | RolloutStart
    | RolloutAbort
    | RolloutRollback
    | Scan
    | Reported
    | Reviewed
    | PhaseStart
    | PhaseStatus
    | PhaseAdvance
    | PhaseDone
    | DeviceQuestion
    | OnCall
    | Bind
    | Unbind
    | Help
)


class Mistyped(Value):
    """Not understood: the nearest right line (empty when there is none) and the sentence that says so."""

    suggestion: str
    sentence: str


Reading = Command | Mistyped


class CommandSpec(Value):
    """One line of the table."""

    name: str
    usage: str
    summary: str
    words: tuple[str, ...]
    """What is typed for it; the first is the one that is suggested."""
    takes: tuple[str, ...]
    """What can follow, for completion: code | client | all | update | template |
    criterion | command."""
    parse: Callable[[CommandSpec, Sequence[str], Vocabulary], Command | Mistyped]

    @property
    def word(self) -> str:
        """The word that is suggested."""
        return self.words[0]
