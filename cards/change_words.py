"""What was taken away from a plan when it was approved, in words: by whom, how much, and what is left."""

from __future__ import annotations

from bot.core.gates import Vote
from bot.core.narrowing import TAKEN_AWAY, apply, removed
from bot.core.offers import Offer
from bot.core.rollout.state import Rollout
from cards.device_words import short_size
from cards.model import Spans
from cards.plural import count, shortened, some
from cards.views import GateView, RolloutView
from cards.voter_words import PEOPLE_SHOWN, part_words, person, voter

CALLED_BY_NAME = 3
"""More names than this are no longer read on a phone."""
NAME_CHARACTERS = 24
"""Windows allows 15 for a computer's short name; longer ones are cut."""


def taken_so_far(view: GateView) -> Spans:
    """What earlier voters of an open question took away, and what a plain yes would leave."""
    gate, offer = view.gate, view.rollout.offer
    votes = gate.changed_by()
    if not votes:
        return ()
    said: Spans = ()
    for vote in votes:
        part = part_words(vote.changes, gate.opened_at, view.zone)
        said += (f"{voter(vote, view.names)}: ", *part, f" ({_taken_by(vote, offer)}). ")
    rest = apply(offer, gate.changes())
    return (*said, f"A yes approves what that leaves: {left_of(rest, len(offer.targets))}.")


def _taken_by(vote: Vote, offer: Offer) -> str:
    gone = len(removed(offer, vote.changes))
    return f"{gone:,} left out" if gone else "nobody left out"


def left_of(rest: Offer, asked: int) -> str:
    """`3 of 84 PCs`, or `81 PCs, 3 servers` when nothing is left out."""
    kept = len(rest.targets)
    return short_size(rest.targets) if kept == asked else f"{kept:,} of {count(asked, 'device')}"


def taken_count(rollout: Rollout) -> int:
    """How many devices were taken away when it was approved."""
    return sum(entry.why == TAKEN_AWAY for entry in rollout.offer.left_out) if rollout.approved_at else 0


def asked_count(rollout: Rollout) -> int:
    """How many devices it was asked for."""
    return len(rollout.offer.targets) + taken_count(rollout)


def of_asked(rollout: Rollout) -> str:
    """`3 PCs` or, when some were taken away, `3 PCs of 84 asked`."""
    size = short_size(rollout.offer.targets)
    return f"{size} of {asked_count(rollout):,} asked" if taken_count(rollout) else size


def approved_part(view: RolloutView | GateView) -> str:
    """`3 of 84, the rest was left out by Dana`; empty when all of it was approved."""
    rollout = view.rollout
    if not taken_count(rollout):
        return ""
    who = some((person(one, view.names) for one in rollout.changed_by), PEOPLE_SHOWN)
    by = f" by {who}" if who else ""
    return f"{len(rollout.offer.targets):,} of {asked_count(rollout):,}, {_the_rest(rollout)} left out{by}"


def _the_rest(rollout: Rollout) -> str:
    """A few by name, many as `the rest`."""
    names = [entry.name for entry in rollout.offer.left_out if entry.why == TAKEN_AWAY]
    if len(names) > CALLED_BY_NAME:
        return "the rest was"
    verb = "was" if len(names) == 1 else "were"
    return f"{some(shortened(name, NAME_CHARACTERS) for name in sorted(names))} {verb}"
