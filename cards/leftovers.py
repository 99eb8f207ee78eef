"""Devices that did not get there: by name where something failed, by cause where something waits."""

from __future__ import annotations

from bot.core.rollout.state import DeviceState, Rollout, Run
from cards.device_words import Names, causes
from cards.model import Text, line
from cards.plural import count
from cards.views import PageView, RolloutView

D = DeviceState
View = RolloutView | PageView


def rows(view: View, *states: DeviceState) -> list[Run]:
    """The named rows in these states, in the order of the states."""
    return [run for state in states for run in view.devices if run.state == state]


def names_of(view: View, rollout: Rollout, *states: DeviceState) -> str:
    """`PC014, PC019 and 2 more`: the names at hand, the rest counted."""
    total, found = rollout.count(frozenset(states)), rows(view, *states)
    shown = found[:4]
    names = ", ".join(Names(rollout.offer, view.device_names).of(run.device) for run in shown)
    left = total - len(shown)
    if not names:
        return count(total, "device")
    return f"{names} and {left:,} more" if left > 0 else names


def not_done_line(view: RolloutView) -> tuple[Text, ...]:
    """`Left behind: 2 off, follow when back; 1 blocked (1 set changed).` No line if none is."""
    rollout = view.rollout
    held, blocked = rollout.count(frozenset({D.HELD})), rollout.count(frozenset({D.BLOCKED}))
    found = [f"{held:,} off, {'follows' if held == 1 else 'follow'} when back"] if held else []
    if blocked:
        why = causes(run.why for run in rows(view, D.BLOCKED))
        found.append(f"{blocked:,} blocked" + (f" ({why})" if why else ""))
    return (line(f"Left behind: {'; '.join(found)}."),) if found else ()
