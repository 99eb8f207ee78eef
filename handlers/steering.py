"""Stop, start again, end, take back: what people do to work that is under way.

A stop never waits for a question or a second person. Starting again, ending and taking back need somebody
who may decide; the core says so.
"""

from __future__ import annotations

from typing import Final

from bot.core.answers import (
    Answer,
    Client,
    ClientStop,
    EndedAnswer,
    RefusedAnswer,
    ResumedAnswer,
    RollingBackAnswer,
    StoppedAnswer,
)
from bot.core.envelope import Frame
from bot.core.errors import Refused
from bot.core.rollout.messages import (
    AbortRollout,
    GateAsked,
    ResumeRollout,
    RollBack,
    StopRollout,
)
from bot.core.rollout.state import PauseKind, Rollout, RolloutStatus
from bot.core.tenants import ResumeClient, StopClient
from bot.core.vocabulary import Message
from handlers.callers import SUSPENDED, Caller, recorded
from handlers.engine import Handled
from handlers.hands import load_rollout
from handlers.office import Office
from handlers.queries import (
    finishing,
    living_rollouts,
    rollout_line,
    stoppable_rollouts,
    stopped_rollouts,
    tenant_of,
)
from handlers.voting import SAID_BEFORE

GOING_BACK: Final = frozenset(
    {RolloutStatus.ROLLING_BACK, RolloutStatus.ROLLED_BACK, RolloutStatus.ROLLBACK_INCOMPLETE}
)
RUNS_NOW: Final = frozenset({RolloutStatus.SCHEDULED, RolloutStatus.RUNNING})


def _frame(office: Office, caller: Caller, tenant: str) -> Frame:
    return office.frame(tenant, caller.actor(), received_at=caller.received_at, id=caller.message_id)


def _told(office: Office, caller: Caller, client: Client, message: Message) -> Handled | RefusedAnswer:
    try:
        return office.transact(_frame(office, caller, client.tenant), message)
    except Refused as no:
        return RefusedAnswer(why=no.why, rule=no.rule)


# --- whole clients ---


def stop_clients(office: Office, caller: Caller, clients: tuple[Client, ...], why: str) -> Answer:
    """Nothing new starts at any of these clients; each is stopped in a transaction of its own."""
    stopped: list[ClientStop] = []
    refused: list[tuple[Client, str]] = []
    rule = ""
    for client in clients:
        done = _stop_client(office, caller, client, why)
        if isinstance(done, RefusedAnswer):
            refused.append((client, done.why))
            rule = done.rule
        else:
            stopped.append(done)
    if not stopped and len(refused) == 1:
        return RefusedAnswer(why=refused[0][1], rule=rule)
    return StoppedAnswer(at=caller.received_at, clients=tuple(stopped), refused=tuple(refused))


def _stop_client(office: Office, caller: Caller, client: Client, why: str) -> ClientStop | RefusedAnswer:
    if client in caller.suspended:
        return SUSPENDED
    with office.store.read(client.tenant) as uow:
        reached = tuple(rollout.id for rollout in stoppable_rollouts(uow))
    message = StopClient(standing=caller.standing(client.tenant), rollouts=reached, why=why)
    told = _told(office, caller, client, message)
    if isinstance(told, RefusedAnswer):
        return told
    with office.store.read(client.tenant) as uow:
        tenant = tenant_of(uow)
        if tenant is None or not tenant.stopped:
            return SAID_BEFORE
        held = stopped_rollouts(uow)
        return ClientStop(
            client=client,
            rollouts=tuple(rollout.code for rollout in held),
            finishing=finishing(uow, held),
        )


def resume_clients(office: Office, caller: Caller, clients: tuple[Client, ...]) -> Answer:
    """Work may go on at these clients; whatever else holds a rollout goes on holding it."""
    resumed: list[Client] = []
    refused: list[tuple[Client, str]] = []
    still: list[str] = []
    rule = ""
    for client in clients:
        done = _resume_client(office, caller, client)
        if isinstance(done, RefusedAnswer):
            refused.append((client, done.why))
            rule = done.rule
        else:
            resumed.append(client)
            still += done
    if not resumed and len(refused) == 1:
        return RefusedAnswer(why=refused[0][1], rule=rule)
    return ResumedAnswer(
        at=caller.received_at, clients=tuple(resumed), still=tuple(still), refused=tuple(refused)
    )


def _resume_client(office: Office, caller: Caller, client: Client) -> tuple[str, ...] | RefusedAnswer:
    if client in caller.suspended:
        return SUSPENDED
    with office.store.read(client.tenant) as uow:
        held = tuple(rollout.id for rollout in stopped_rollouts(uow))
    message = ResumeClient(standing=caller.standing(client.tenant), rollouts=held)
    told = _told(office, caller, client, message)
    if isinstance(told, RefusedAnswer):
        return told
    with office.store.read(client.tenant) as uow:
        tenant = tenant_of(uow)
        if tenant is None or tenant.stopped:
            return SAID_BEFORE
        rollouts = [rollout for id in held if (rollout := load_rollout(uow, id)[0])]
    return tuple(f"{one.code}: {pause.text}" for one in rollouts for pause in one.pauses)


# --- one rollout ---


def stop_rollout(office: Office, caller: Caller, client: Client, rollout: Rollout, why: str) -> Answer:
    """This rollout starts nothing new."""
    standing = caller.standing(client.tenant)
    message = StopRollout(rollout=rollout.id, standing=standing, why=why)
    after = _steered(office, caller, client, message)
    if isinstance(after, RefusedAnswer):
        return after
    if not after.paused_for(PauseKind.OPERATOR):
        return SAID_BEFORE
    with office.store.read(client.tenant) as uow:
        stop = ClientStop(client=client, rollouts=(after.code,), finishing=finishing(uow, (after,)))
    return StoppedAnswer(at=caller.received_at, clients=(stop,), code=after.code, rollout=after.id)


def resume_rollout(office: Office, caller: Caller, client: Client, rollout: Rollout) -> Answer:
    """This rollout goes on, unless its client as a whole is stopped."""
    message = ResumeRollout(rollout=rollout.id, standing=caller.standing(client.tenant))
    with office.store.read(client.tenant) as uow:
        tenant = tenant_of(uow)
    if tenant is not None and tenant.stopped:
        no = Refused(
            f"{client.title} as a whole is stopped ({tenant.stopped})."
            f" Start again with `resume {client.tenant}`.",
            rule="client-stopped",
        )
        return recorded(office, caller, client.tenant, message, no)
    told = _told(office, caller, client, message)
    if isinstance(told, RefusedAnswer):
        return told
    with office.store.read(client.tenant) as uow:
        after, _ = load_rollout(uow, rollout.id)
    if after is None or after.paused_for(PauseKind.OPERATOR):
        return SAID_BEFORE
    asked = after.gate_code if after.gate and (told.of(GateAsked) or after.status not in RUNS_NOW) else ""
    return ResumedAnswer(
        at=caller.received_at,
        clients=(client,),
        code=after.code,
        asked=asked,
        still=tuple(pause.text for pause in after.pauses),
    )


def end_rollout(office: Office, caller: Caller, client: Client, rollout: Rollout, why: str) -> Answer:
    """It ends here; what is done stays done."""
    message = AbortRollout(rollout=rollout.id, standing=caller.standing(client.tenant), why=why)
    after = _steered(office, caller, client, message)
    if isinstance(after, RefusedAnswer):
        return after
    if after.status != RolloutStatus.CANCELLED:
        return SAID_BEFORE
    return EndedAnswer(at=caller.received_at, line=rollout_line(client, after))


def roll_back(office: Office, caller: Caller, client: Client, rollout: Rollout, why: str) -> Answer:
    """The update comes off every device that got it."""
    message = RollBack(rollout=rollout.id, standing=caller.standing(client.tenant), why=why)
    rival = _rival(office, client, rollout)
    if rival is not None:
        no = Refused(f"{rival.code} works on some of the same devices. End it first.", rule="two-rollouts")
        return recorded(office, caller, client.tenant, message, no)
    after = _steered(office, caller, client, message)
    if isinstance(after, RefusedAnswer):
        return after
    if after.status not in GOING_BACK:
        return SAID_BEFORE
    return RollingBackAnswer(at=caller.received_at, line=rollout_line(client, after))


def _rival(office: Office, client: Client, rollout: Rollout) -> Rollout | None:
    """Another rollout that has not ended and holds one of these devices."""
    mine = {target.device_id for target in rollout.offer.targets}
    with office.store.read(client.tenant) as uow:
        for other in living_rollouts(uow):
            if other.id != rollout.id and mine & {target.device_id for target in other.offer.targets}:
                return other
    return None


def _steered(
    office: Office, caller: Caller, client: Client, message: StopRollout | AbortRollout | RollBack
) -> Rollout | RefusedAnswer:
    told = _told(office, caller, client, message)
    if isinstance(told, RefusedAnswer):
        return told
    with office.store.read(client.tenant) as uow:
        after, _ = load_rollout(uow, message.rollout)
    return after if after is not None else SAID_BEFORE
