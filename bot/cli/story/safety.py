"""The promises that must hold whatever happens: approval, plan, cap, halt, once only, and the true end.

Each rule compares what the ledger says with what the simulator says was done. Nothing here asks the bot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from bot.cli.story.case import Case, Finding, is_self_patching, organisation_of, unsound
from bot.cli.story.record import FleetView, Happened, Job, key_in, moment, second

STARTED: Final = {
    "install started": "install",
    "uninstall started": "uninstall",
    "reboot started": "reboot",
}
"""The simulator's word for the beginning of something -> the kind of action that must have been intended."""
OWN_PATCHING: Final = ("self_patch", "policy: automatic patching")
CHANGING: Final = ("install", "uninstall")

Intents = dict[str, tuple[Case, Happened, dict[str, Any]]]


def intents_by_key(all_cases: list[Case]) -> Intents:
    """Key -> the first intent that names it."""
    found: Intents = {}
    for case in all_cases:
        for fact, action in case.intents():
            found.setdefault(action["key"], (case, fact, action))
    return found


# --- approval and plan ---


def check_effects(all_cases: list[Case], fleet: FleetView) -> Iterator[Finding]:
    """Nothing began on any device without an intent under its key, made before it, for this very device."""
    intents = intents_by_key(all_cases)
    for effect in fleet.effects:
        kind = STARTED.get(effect["effect"])
        if kind is None:
            continue
        device, key = str(effect["device_id"]), effect["key"] or key_in(effect["why"])
        if not key and effect["why"] in OWN_PATCHING and is_self_patching(fleet, device):
            continue
        known = intents.get(key)
        what = f"{kind} of {effect['kb'] or 'nothing'} on {effect['device']} at {effect['at']}"
        if known is None or second(moment(effect["at"])) < second(known[1].at):
            yield Finding(breach="approval", sentence=f"{what} has no approved intent before it")
        elif known[2]["device_id"] != device or known[2]["type"] != kind:
            yield Finding(breach="plan", sentence=f"{what}: its intent was for something else")
        elif str(effect["organisation_id"]) not in organisation_of(known[0].house, known[0].tenant):
            yield Finding(breach="plan", sentence=f"{what}: the device belongs to another client")


def check_approvals(case: Case) -> Iterator[Finding]:
    """Every intent stands on an approval of the same offer by entitled people, given before it."""
    for fact in case.of("action.intended"):
        approval = next((a for a in case.of("rollout.approved") if a.place < fact.place), None)
        if approval is None or approval.fact["offer_digest"] != case.digest:
            yield _approval(case, fact, "nobody had approved this offer")
        elif fact.fact["offer_digest"] != case.in_force:
            yield _approval(case, fact, "it is not bound to what those who approved had left of the offer")
        elif why := unsound(case, approval.fact["gate"], case.digest):
            yield _approval(case, fact, why)
        if any(action["type"] == "uninstall" for action in fact.fact["actions"]):
            yield from _rollback_approved(case, fact)
    yield from _promotions(case)


def _approval(case: Case, fact: Happened, why: str) -> Finding:
    return Finding(breach="approval", sentence=f"{case.code} of {case.tenant}, entry {fact.seq}: {why}")


def _rollback_approved(case: Case, fact: Happened) -> Iterator[Finding]:
    """Going back stands on the halt rule where the offer says so, else on a person's yes of its own."""
    started = next((one for one in case.of("rollback.started") if one.place < fact.place), None)
    if started is None:
        yield _approval(case, fact, "an update was taken off before a rollback was started")
    elif started.fact["by"] == "halt rule":
        if case.offer["rollback"] != "auto" or not case.of("rollout.halted"):
            yield _approval(case, started, "the offer does not let the halt rule roll back by itself")
    elif started.message["type"] != "rollout.roll_back":
        answered = [f for f in case.of("rollout.gate_answered") if f.place < started.place]
        if not answered or (why := unsound(case, answered[-1].fact["gate"], case.in_force)):
            yield _approval(case, started, why if answered else "nobody was asked about the rollback")


def _promotions(case: Case) -> Iterator[Finding]:
    """A ring with devices whose class always asks is never opened on evidence alone."""
    asking = {name for name, rule in case.offer["classes"].items() if rule["always_ask"]}
    for fact in case.of("ring.promoted"):
        following = [t for t in case.plan["targets"] if t["ring"] == fact.fact["ring"] + 1]
        if fact.fact["by"] == "evidence" and any(t["device_class"] in asking for t in following):
            yield _approval(case, fact, f"ring {fact.fact['ring'] + 2} opened without a person")


def check_plan(case: Case) -> Iterator[Finding]:
    """Every intent is for a device and a KB of the approved plan."""
    for fact, action in case.intents():
        target = case.planned(action["device_id"])
        if target is None or action.get("kb", target["kb"]) != target["kb"]:
            text = f"{case.code}, entry {fact.seq}: {action['type']} on {case.name(action['device_id'])}"
            yield Finding(breach="plan", sentence=f"{text} is not in the approved plan")


def check_no_apply(fleet: FleetView) -> Iterator[Finding]:
    """The vendor's own apply installs everything approved: it is never called."""
    for request in fleet.requests:
        if request["path"].endswith("/patch/os/apply"):
            yield Finding(breach="plan", sentence=f"apply was called at {request['at']}: {request['path']}")


# --- how many, when, how often ---


def check_cap(case: Case, fleet: FleetView) -> Iterator[Finding]:
    """At no moment more installs of one rollout at work than the approved cap."""
    cap, now = case.offer["caps"]["concurrent"], 0
    for at, _, step, device in sorted(_steps(case, fleet)):
        now += step
        if now > cap:
            text = f"{case.code} of {case.tenant}: {now} installs at once at {at} ({device}), {cap} approved"
            yield Finding(breach="cap", sentence=text)
            return


def _steps(case: Case, fleet: FleetView) -> Iterator[tuple[str, int, int, str]]:
    """Starts and ends of installs; at the same second ends count first."""
    for effect in fleet.effects:
        if not is_of(case, effect["key"], str(effect["device_id"])):
            continue
        if effect["effect"] == "install started":
            yield effect["at"], 1, 1, effect["device"]
        elif effect["effect"] in ("installed", "install failed"):
            yield effect["at"], 0, -1, effect["device"]


def check_halt(case: Case, fleet: FleetView) -> Iterator[Finding]:
    """Nothing is intended and nothing is asked of the RMM after a halt; nor intended while stopped."""
    halted = next(iter(case.of("rollout.halted")), None)
    if halted is not None:
        for job in _installs(case, fleet):
            if job.asked_s > second(halted.at):
                text = f"{case.code} of {case.tenant}: the install on {case.name(job.device)} was sent"
                yield Finding(breach="halt", sentence=f"{text} after the halt of entry {halted.seq}")
        late = [fact for fact, action in case.intents() if action["type"] == "install"]
        yield from (_late(case, fact, "after the halt") for fact in late if fact.place > halted.place)
    yield from _while_stopped(case)


def _late(case: Case, fact: Happened, when: str) -> Finding:
    return Finding(breach="halt", sentence=f"{case.code}, entry {fact.seq}: an install was intended {when}")


def _while_stopped(case: Case) -> Iterator[Finding]:
    stopped = False
    for fact in case.facts:
        if fact.tag in ("rollout.paused", "rollout.pause_cleared") and fact.fact["kind"] == "operator":
            stopped = fact.tag == "rollout.paused"
        elif stopped and fact.tag == "action.intended":
            installs = [action for action in fact.fact["actions"] if action["type"] == "install"]
            yield from (_late(case, fact, "while everything was stopped") for _ in installs[:1])


def _installs(case: Case, fleet: FleetView) -> list[Job]:
    return [job for job in fleet.jobs if job.kind == "install" and is_of(case, job.key, job.device)]


def is_of(case: Case, key: str, device: str) -> bool:
    """The rollout is a part of the key. Two clients' rollouts may have equal ids, never equal devices."""
    return f":{case.id}:" in f":{key}" and device in case.targets


def check_once(fleet: FleetView) -> Iterator[Finding]:
    """Each key was run at most once."""
    counted = Counter((job.kind, job.key) for job in fleet.jobs if job.key)
    for (kind, key), times in sorted(counted.items()):
        if times > 1:
            yield Finding(breach="duplicate", sentence=f"{kind} {key} was run {times} times at the RMM")


# --- how it ended ---

MUST_HAVE: Final = ("healthy", "already-installed")


def check_ends(case: Case, fleet: FleetView) -> Iterator[Finding]:
    """What the ledger says last of a device is true of the device."""
    for device, state in sorted(case.final_states().items()):
        truth = fleet.devices.get(device)
        target = case.targets.get(device)
        if truth is None or target is None:
            continue
        has_it = target["kb"] in truth["installed"]
        text = f"{case.code}: the ledger says {case.name(device)} is {state}"
        if state in MUST_HAVE and not has_it:
            yield Finding(breach="outcome", sentence=f"{text}, but KB{target['kb']} is not there")
        if state == "restored" and has_it:
            yield Finding(breach="rollback", sentence=f"{text}, but KB{target['kb']} is still there")
        if state in ("blocked", "held", "planned", "left-out") and any(
            j.device == device for j in _installs(case, fleet)
        ):
            yield Finding(breach="plan", sentence=f"{text}, but an install was run there")
