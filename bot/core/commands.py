"""The one table of commands: what `help`, the README, completion and the manifests are made of.

How a typed line becomes one of them: `bot/core/reading.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.core.approving import read_approve
from bot.core.arguments import (
    read_bind,
    read_plain,
    read_report,
    read_resume,
    read_review,
    read_scan,
    read_start,
    read_status,
    read_stop,
    read_why,
    read_with_reason,
)
from bot.core.command_values import (
    CommandSpec,
    Help,
    OnCall,
    Reading,
    Reject,
    RolloutAbort,
    RolloutRollback,
    Unbind,
    Waiting,
)
from bot.core.grammar import (
    Vocabulary,
    clean,
)
from bot.core.phase_arguments import (
    read_phase_advance,
    read_phase_done,
    read_phase_start,
    read_phase_status,
)

# --- the table ---


def _read_help(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
    topic = clean(words[-1]).casefold() if words else ""
    known = BY_WORD.get(topic)
    return Help(topic=known.name if known else "")


COMMANDS: Final[tuple[CommandSpec, ...]] = (
    CommandSpec(
        name="waiting",
        usage="waiting",
        summary="what waits for you, and for whom the rest waits",
        words=("waiting", "pending", "todo"),
        takes=(),
        parse=read_plain(Waiting()),
    ),
    CommandSpec(
        name="status",
        usage="status [client|id]",
        summary="how it stands",
        words=("status", "state"),
        takes=("client", "code"),
        parse=read_status,
    ),
    CommandSpec(
        name="approve",
        usage="approve [id] [part]",
        summary="say yes; without an id when only one thing waits for you; to a part: test only,"
        " without servers, without DEVICE, next window",
        words=("approve", "accept"),
        takes=("code",),
        parse=read_approve,
    ),
    CommandSpec(
        name="reject",
        usage="reject [id] <reason>",
        summary="say no, with the reason",
        words=("reject", "deny", "decline"),
        takes=("code",),
        parse=read_with_reason(lambda code, reason: Reject(code=code, reason=reason)),
    ),
    CommandSpec(
        name="why",
        usage="why <id>",
        summary="why you may or may not decide, and why it needs a person",
        words=("why",),
        takes=("code",),
        parse=read_why,
    ),
    CommandSpec(
        name="stop",
        usage="stop <client|id|all> [reason]",
        summary="start nothing new; what is mid-install finishes",
        words=("stop", "halt", "pause"),
        takes=("client", "code", "all"),
        parse=read_stop,
    ),
    CommandSpec(
        name="resume",
        usage="resume <client|id|all>",
        summary="go on after a stop",
        words=("resume", "continue", "unpause"),
        takes=("client", "code", "all"),
        parse=read_resume,
    ),
    CommandSpec(
        name="rollout start",
        usage="rollout start <update> [client]",
        summary="plan an update and ask for its approval",
        words=("rollout start", "start", "plan"),
        takes=("update", "client"),
        parse=read_start,
    ),
    CommandSpec(
        name="rollout status",
        usage="rollout status [id]",
        summary="the same as status",
        words=("rollout status", "list"),
        takes=("code",),
        parse=read_status,
    ),
    CommandSpec(
        name="rollout abort",
        usage="rollout abort <id> [reason]",
        summary="end a rollout; what is done stays done",
        words=("rollout abort", "abort", "cancel", "end"),
        takes=("code",),
        parse=read_with_reason(lambda code, reason: RolloutAbort(code=code, reason=reason)),
    ),
    CommandSpec(
        name="rollout rollback",
        usage="rollout rollback <id> [reason]",
        summary="take the update off every device that got it",
        words=("rollout rollback", "rollback", "undo", "revert"),
        takes=("code",),
        parse=read_with_reason(lambda code, reason: RolloutRollback(code=code, reason=reason)),
    ),
    CommandSpec(
        name="scan",
        usage="scan [client]",
        summary="let every device look for missing updates again; installs nothing",
        words=("scan", "rescan"),
        takes=("client",),
        parse=read_scan,
    ),
    CommandSpec(
        name="did",
        usage="did <id> [words]",
        summary="say that you did what was advised",
        words=("did",),
        takes=("code",),
        parse=read_report(did=True),
    ),
    CommandSpec(
        name="notdone",
        usage="notdone <id> [words]",
        summary="say that what was advised is not done, and why",
        words=("notdone", "not-done"),
        takes=("code",),
        parse=read_report(did=False),
    ),
    CommandSpec(
        name="looksright",
        usage="looksright [id]",
        summary="say that what you were told looks right",
        words=("looksright", "looks-right"),
        takes=("code",),
        parse=read_review(flag=False),
    ),
    CommandSpec(
        name="flag",
        usage="flag [id]",
        summary="say that somebody should look at what you were told",
        words=("flag",),
        takes=("code",),
        parse=read_review(flag=True),
    ),
    CommandSpec(
        name="phase start",
        usage="phase start <template> [client]",
        summary="begin a project whose phases each wait for a go",
        words=("phase start",),
        takes=("template", "client"),
        parse=read_phase_start,
    ),
    CommandSpec(
        name="phase status",
        usage="phase status [id]",
        summary="how far a project is, and what its next phase needs",
        words=("phase status", "phase list"),
        takes=("code",),
        parse=read_phase_status,
    ),
    CommandSpec(
        name="phase advance",
        usage="phase advance [id]",
        summary="ask for the go to the next phase",
        words=("phase advance",),
        takes=("code",),
        parse=read_phase_advance,
    ),
    CommandSpec(
        name="phase done",
        usage="phase done <prerequisite> [id] [words]",
        summary="say that a prerequisite is met",
        words=("phase done",),
        takes=("criterion",),
        parse=read_phase_done,
    ),
    CommandSpec(
        name="oncall",
        usage="oncall",
        summary="who is called",
        words=("oncall", "on-call"),
        takes=(),
        parse=read_plain(OnCall()),
    ),
    CommandSpec(
        name="bind",
        usage="bind <client>",
        summary="show this client's cards in this channel, and no other's (Slack, Teams)",
        words=("bind",),
        takes=("client",),
        parse=read_bind,
    ),
    CommandSpec(
        name="unbind",
        usage="unbind",
        summary="show nothing more in this channel",
        words=("unbind",),
        takes=(),
        parse=read_plain(Unbind()),
    ),
    CommandSpec(
        name="help",
        usage="help [command]",
        summary="this list; a device name or an id alone is a question too",
        words=("help", "commands", "?"),
        takes=("command",),
        parse=_read_help,
    ),
)

BY_WORD: Final = {word: spec for spec in COMMANDS for word in spec.words}
"""Every word that is typed for a command."""


def usage_lines() -> tuple[tuple[str, str], ...]:
    """Usage and summary of every command, in the order of the table."""
    return tuple((spec.usage, spec.summary) for spec in COMMANDS)
