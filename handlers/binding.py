"""Which conversation belongs to which client: said in the conversation itself, kept by the house.

Nobody can find a channel's id; whoever may lead at a client types `bind <client>` where its cards shall hang.
"""

from __future__ import annotations

from typing import Final

from bot.core.answers import (
    Answer,
    BoundAnswer,
    ChoiceAnswer,
    Client,
    HelpAnswer,
    MistypedAnswer,
    RefusedAnswer,
    Which,
)
from bot.core.command_values import Bind, Help, Mistyped
from bot.core.commands import usage_lines
from bot.core.directory import (
    CHAT_SURFACES,
    BindConversation,
    Conversation,
    Directory,
    UnbindConversation,
)
from bot.core.effects import ShowCard
from bot.core.envelope import HOUSE, Actor
from bot.core.errors import Refused
from bot.core.gates import GateStatus
from bot.core.grammar import ClientName, Vocabulary, words_of
from bot.core.inbound import Heard
from bot.core.ports import KeyState
from bot.core.reading import parse
from bot.core.rollout.state import RolloutStatus
from bot.core.vocabulary import Message
from handlers.callers import UNBOUND, Caller, counted
from handlers.engine import outbox_items
from handlers.office import Office
from handlers.queries import LIVING

BINDERS: Final = frozenset({"lead"})
"""Roles that may say where a client's cards hang: whoever sees a channel sees all of it."""
BEGUN: Final = frozenset(LIVING) - {RolloutStatus.AWAITING_APPROVAL.value}
"""Rollouts with a card of their own: before that, their question is all there is to see."""
HOW: Final = RefusedAnswer(
    why="This conversation belongs to no client yet, so nothing can be asked here."
    " A lead can type `bind` with the client's name.",
    rule="unknown-conversation",
)
NO_SUCH_CLIENT: Final = "You lead no client of that name. Type `bind` and its name or short name."
OPENLY_ANSWERED: Final = frozenset({"teams"})
"""Platforms whose channels know no message for one person alone: there an answer names nobody's clients."""
NAME_IT: Final = RefusedAnswer(
    why="Everybody here can read what I answer, so I list no clients. Type `bind` with the client's name.",
    rule="client-not-named",
)


def hear_unbound(office: Office, heard: Heard) -> Answer:
    """What a known person can type where nothing is bound yet: `bind`, `help`, and nothing else."""
    directory = office.directory()
    if heard.conversation in directory.conversations:
        return counted(office, UNBOUND)  # somebody else's own messages
    mine = _led(directory, heard.person)
    reading = parse(heard.text, Vocabulary(clients=mine))
    if isinstance(reading, Help):
        return HelpAnswer(lines=usage_lines(), topic=reading.topic)
    if isinstance(reading, Mistyped) and mine and _wants_to_bind(heard.text):
        near = "" if _surface(heard.conversation) in OPENLY_ANSWERED else reading.suggestion
        return MistypedAnswer(sentence=NO_SUCH_CLIENT, suggestion=near)
    if not isinstance(reading, Bind) or not _surface(heard.conversation):
        return counted(office, HOW)
    if not mine:
        return counted(office, RefusedAnswer(why=_NOT_LEAD, rule="not-entitled"))
    if not reading.client and _surface(heard.conversation) in OPENLY_ANSWERED:
        return counted(office, NAME_IT)
    if not reading.client:
        options = tuple((client.title, f"bind {client.tenant}") for client in mine)
        return ChoiceAnswer(question=Which.CLIENT, options=options)
    return _bound(office, directory, heard, reading.client)


def _wants_to_bind(text: str) -> bool:
    """True for `bind` with a name that is not understood; what the name may be is not looked at here."""
    return isinstance(parse(" ".join(words_of(text)[:1]), Vocabulary()), Bind)


_NOT_LEAD: Final = "Only a lead of the client may bind a conversation to it. Nothing was done."


def _led(directory: Directory, person: str) -> tuple[ClientName, ...]:
    """Clients that this person may bind a conversation to; no other name is understood there."""
    return tuple(
        ClientName(tenant=client.tenant, title=client.title)
        for client in directory.clients.values()
        if BINDERS & set(directory.roles(person, client.tenant))
    )


def _surface(conversation: str) -> str:
    """The chat platform of a conversation's id; empty for the console, whose channels the house sets up."""
    surface = conversation.partition(":")[0]
    return surface if surface in CHAT_SURFACES else ""


def _bound(office: Office, directory: Directory, heard: Heard, tenant: str) -> Answer:
    client = directory.clients[tenant]
    place = Conversation(
        id=heard.conversation,
        surface=_surface(heard.conversation),
        kind="client",
        title=heard.title or client.title,
        tenants=(tenant,),
        address=heard.address,
    )
    refused = _tell_house(office, heard, BindConversation(conversation=place))
    if refused is not None:
        return refused
    show_all(office, tenant)
    return BoundAnswer(client=Client(tenant=tenant, title=client.title), title=place.title)


def _tell_house(office: Office, heard: Heard, message: Message) -> RefusedAnswer | None:
    actor = Actor(kind="person", id=heard.person, proof=heard.proof)
    id = f"{heard.conversation}:{heard.delivery_id}"
    frame = office.frame(HOUSE, actor, received_at=heard.received_at, id=id)
    try:
        office.transact(frame, message)
    except Refused as no:
        return RefusedAnswer(why=no.why, rule=no.rule)
    return None


def show_all(office: Office, tenant: str) -> None:
    """What is open or under way at the client appears in every place of its own, also in a new one."""
    if office.store.key_state(tenant) is not KeyState.PRESENT:
        return
    with office.store.begin(tenant) as uow:
        open_gates = uow.find("gate", statuses=(GateStatus.OPEN.value,))
        living = uow.find("rollout", statuses=LIVING)
        effects = [ShowCard(kind="gate", id=row.id) for row in open_gates]
        effects += [ShowCard(kind="rollout", id=row.id) for row in living if row.status in BEGUN]
        uow.enqueue(outbox_items(effects, office.now()))
        uow.commit()


# --- where something is bound already ---


def bind(office: Office, caller: Caller, heard: Heard, wanted: str) -> Answer:
    """`bind` in a conversation that belongs to somebody: said again it is fine, for another it is refused."""
    here = caller.conversation
    if here.surface not in CHAT_SURFACES or here.kind == "dm":
        no = "Only a channel of Slack or Teams can be bound; this one is set up already."
        return counted(office, RefusedAnswer(why=no, rule="not-bindable"))
    bound = caller.client(here.tenants[0]) if here.kind == "client" else None
    if bound and (not wanted or wanted == bound.tenant):
        return BoundAnswer(client=bound, title=here.title)
    titles = ", ".join(client.title for client in caller.clients)
    return counted(
        office,
        RefusedAnswer(
            why=f"This conversation belongs to {titles}. Type `unbind` first, if it shall be another's.",
            rule="bound",
        ),
    )


def unbind(office: Office, caller: Caller, heard: Heard) -> Answer:
    """Nothing is shown or heard here any more; cards that hang here stay as they are."""
    here = caller.conversation
    if not all(BINDERS & set(caller.directory.roles(caller.person.id, tenant)) for tenant in here.tenants):
        return counted(office, RefusedAnswer(why=_NOT_LEAD, rule="not-entitled"))
    if here.surface not in CHAT_SURFACES or here.kind == "dm":
        no = "Only a channel of Slack or Teams can be unbound."
        return counted(office, RefusedAnswer(why=no, rule="not-bindable"))
    refused = _tell_house(office, heard, UnbindConversation(conversation=here.id))
    if refused is not None:
        return refused
    client = caller.clients[0] if caller.clients else Client(tenant="", title=here.title)
    return BoundAnswer(client=client, title=here.title, bound=False)
