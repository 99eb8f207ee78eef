"""Devices that did not get there: by name where something failed, by cause where something waits."""

from __future__ import annotations

from bot.core.rollout.state import DeviceState, Rollout, RolloutStatus, Run
from cards.device_words import Names, causes, noun
from cards.model import Text, line
from cards.plural import count
from cards.views import PageView, RolloutView

D = DeviceState
View = RolloutView | PageView
NAMES_SHOWN = 4
GOING_ON = frozenset({RolloutStatus.SCHEDULED, RolloutStatus.RUNNING, RolloutStatus.PAUSED})
"""Only so long does a device that was off still get its turn."""


def rows(view: View, *states: DeviceState) -> list[Run]:
    """The named rows in these states, in the order of the states."""
    return [run for state in states for run in view.devices if run.state == state]


def names_of(view: View, rollout: Rollout, *states: DeviceState) -> str:
    """`PC014, PC019 and 2 more`: the names at hand, the rest counted."""
    total, shown = rollout.count(frozenset(states)), rows(view, *states)[:NAMES_SHOWN]
    names = ", ".join(Names(rollout.offer, view.device_names).of(run.device) for run in shown)
    left = total - len(shown)
    if not names:
        return count(total, noun(rollout.offer.targets))
    return f"{names} and {left:,} more" if left > 0 else names


def not_done_line(view: RolloutView) -> tuple[Text, ...]:
    """`Left behind: 2 off, follow when back; 1 blocked (1 set changed).` No line if none is."""
    rollout = view.rollout
    held, blocked = rollout.count(frozenset({D.HELD})), rollout.count(frozenset({D.BLOCKED}))
    follow = f", {'follows' if held == 1 else 'follow'} when back" if rollout.status in GOING_ON else ""
    found = [f"{held:,} off{follow}"] if held else []
    if blocked:
        why = causes(run.why for run in rows(view, D.BLOCKED))
        found.append(f"{blocked:,} blocked" + (f" ({why})" if why else ""))
    return (line(f"Left behind: {'; '.join(found)}."),) if found else ()


def bad_line(view: View, rollout: Rollout) -> tuple[Text, ...]:
    """`Down: PC014, PC019. No contact.` and those that answer but failed, on one line."""
    found = []
    if rollout.count(frozenset({D.SILENT})):
        found.append(f"Down: {names_of(view, rollout, D.SILENT)}. No contact.")
    if rollout.count(frozenset({D.FAILED})):
        found.append(f"Failed: {names_of(view, rollout, D.FAILED)}.")
    return (line(" ".join(found)),) if found else ()


def stuck_line(view: View, rollout: Rollout) -> tuple[Text, ...]:
    """Who did not come back from the undo, by name, and who never could, on one line."""
    found = []
    if rollout.count(frozenset({D.ROLLBACK_FAILED})):
        found.append(f"Undo failed: {names_of(view, rollout, D.ROLLBACK_FAILED)}.")
    if rollout.count(frozenset({D.IRREVERSIBLE})):
        found.append(f"Cannot be undone: {names_of(view, rollout, D.IRREVERSIBLE)}.")
    return (line(" ".join(found)),) if found else ()
