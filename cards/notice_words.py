"""The words of each kind of thing that is told afterwards: what happened, what was done, what is needed.

One function for each value of `Happening`. They say what is true: nothing that was not done is called done.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from bot.core.notices import AnswerWanted, DeployFailed, DevicesScanned, Notice
from bot.core.pipeline_news import DeployState
from cards.model import Element, code, line
from cards.plural import count, is_are, shortened, some
from cards.time_words import short
from cards.views import NoticeView

REPOSITORY_CHARACTERS = 40
ENVIRONMENT_CHARACTERS = 25
REF_CHARACTERS = 30
BY_CHARACTERS = 30
DESCRIPTION_CHARACTERS = 140
SHA_CHARACTERS = 7
"""What people compare a commit by."""
FAILURE_WORDS = {DeployState.FAILURE: "failed", DeployState.ERROR: "ended in an error"}


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice's cards say of one kind of thing."""

    what: str
    """Behind the client's name on line 1: `shop deploy to production failed`."""
    lines: tuple[Element, ...]
    done: str
    """What the bot did about it, truthfully."""
    need: str = ""
    """What a person has to do; empty when nothing is left."""


def telling(view: NoticeView) -> Telling:
    """The words of this notice."""
    happening = view.notice.happening
    match happening:
        case DeployFailed():
            return _deploy_failed(view, happening)
        case AnswerWanted():
            return _answer_wanted(view, happening)
        case DevicesScanned():
            return _devices_scanned(view, happening)
        case _:
            assert_never(happening)


def _deploy_failed(view: NoticeView, failed: DeployFailed) -> Telling:
    word = FAILURE_WORDS.get(failed.state, "failed")
    said = shortened(failed.description, DESCRIPTION_CHARACTERS)
    told = f": {said.rstrip('. ')}." if said else "; it gave no reason."
    return Telling(
        what=f"{project(failed.repository)} deploy to {_environment(failed.environment)} {word}",
        lines=(
            line(*short(failed.at, view.now, view.zone), f" GitHub reported {failed.state.value}{told}"),
            line(f"{version(failed.ref, failed.sha)}{_by(failed.by)}, {_repository(failed.repository)}."),
        ),
        done="nothing; nothing was rolled back.",
        need="look what runs there now; mend it, or deploy the last good version again.",
    )


def _answer_wanted(view: NoticeView, wanted: AnswerWanted) -> Telling:
    run = f" Run {wanted.run_id}." if wanted.run_id else ""
    return Telling(
        what=f"{project(wanted.repository)} deploy to {_environment(wanted.environment)} waits for an answer",
        lines=(
            line(
                *short(wanted.at, view.now, view.zone),
                f" GitHub holds {version(wanted.ref, wanted.sha)}{_by(wanted.by)}, "
                f"{_repository(wanted.repository)}.{run}",
            ),
        ),
        done="nothing; it cannot be answered from here yet.",
        need="approve or reject it at GitHub.",
    )


def _devices_scanned(view: NoticeView, scanned: DevicesScanned) -> Telling:
    """`12 devices looked for missing updates again`; those that did not take it are never counted as done."""
    total = count(scanned.devices, "device")
    gaps = scanned.devices - scanned.taken
    size = f"{scanned.taken:,} of {total}" if gaps else total
    left = f" {count(scanned.left_out, 'more device')} beyond the bound." if scanned.left_out else ""
    missing = f" {gaps:,} did not take it: see Details." if gaps else ""
    return Telling(
        what=f"{size} looked for missing updates again",
        lines=(line(*short(scanned.at, view.now, view.zone), f" Because {_because(scanned)}."),),
        done=f"{count(scanned.taken, 'device')} told to scan; nothing was installed.{missing}{left}",
    )


def _because(scanned: DevicesScanned) -> str:
    if scanned.flaws:
        return f"{some(scanned.flaws)} {is_are(len(scanned.flaws))} now known to be exploited"
    return f"{shortened(scanned.asked_by, BY_CHARACTERS) or 'somebody'} asked for it"


def allowance(notice: Notice) -> str:
    """`By rule: ...`: why people are told and not asked."""
    return f"By rule: {shortened(notice.allowed_by, 90).rstrip('.')}."


def version(ref: str, sha: str) -> str:
    """`main (f95f852)`."""
    named = shortened(ref, REF_CHARACTERS) or "an unnamed version"
    return f"{named} ({shortened(sha[:SHA_CHARACTERS], SHA_CHARACTERS)})" if sha and sha != ref else named


def project(repository: str) -> str:
    """The name without its owner, as people say it."""
    return shortened(repository.rpartition("/")[2], REPOSITORY_CHARACTERS) or "a repository"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `4th`, `11th`, `21st`."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def _repository(repository: str) -> str:
    return shortened(repository, 2 * REPOSITORY_CHARACTERS)


def _environment(environment: str) -> str:
    return shortened(environment, ENVIRONMENT_CHARACTERS) or "an unnamed environment"


def _by(by: str) -> str:
    return f" by {shortened(by, BY_CHARACTERS)}" if by else ""


def links(notice: Notice) -> tuple[Element, ...]:
    """Addresses letter by letter: they are read and copied, so that no label leads anybody anywhere."""
    return tuple(line(f"{shortened(link.label, 30)}: ", code(link.url)) for link in notice.links)
