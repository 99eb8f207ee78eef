"""Everything that the console's request handlers share, and the questions that all of them ask first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from aiohttp import web

from bot.surfaces.console.answers import Deliveries, PrivateAnswers
from bot.surfaces.console.guard import Foreign
from bot.surfaces.console.ports import ConsoleBackend, ForeignPost, Person, Place
from bot.surfaces.console.session import COOKIE, SESSION_SECONDS, SWITCHER, Session, Sessions
from bot.surfaces.port import Answer

FIELDS_IN_A_POST = 200
FORM_TYPE = "application/x-www-form-urlencoded"


class Desk:
    """The console's parts, made once when the app is built."""

    def __init__(
        self,
        *,
        backend: ConsoleBackend,
        session_key: bytes,
        now: Callable[[], datetime],
        new_token: Callable[[], str],
        recorded_refusal: Callable[[ForeignPost], Awaitable[None]],
        metrics: Callable[[], str],
        examples: Mapping[str, Answer],
        keepalive_seconds: float,
    ) -> None:
        self.backend = backend
        self.sessions = Sessions(session_key)
        self.now = now
        self.new_token = new_token
        self.recorded_refusal = recorded_refusal
        self.metrics = metrics
        self.examples = examples
        self.keepalive_seconds = keepalive_seconds
        self.answers = PrivateAnswers()
        self.deliveries = Deliveries()
        self.closing = asyncio.Event()

    def session_of(self, request: web.Request) -> Session | None:
        """The session in the request's cookie."""
        return self.sessions.read(request.cookies.get(COOKIE), self.now())

    def new_session(self, *, person_id: str | None = None, proof: str = "") -> Session:
        """A fresh session, signed in or not."""
        return self.sessions.start(self.new_token(), self.now(), person_id=person_id, proof=proof)

    def set_cookie(self, response: web.StreamResponse, session: Session) -> None:
        """Hand the session to the browser: no script can read it, no other site can send it."""
        response.set_cookie(
            COOKIE,
            self.sessions.cookie(session),
            max_age=SESSION_SECONDS,
            path="/",
            httponly=True,
            samesite="Strict",
        )

    async def person_of(self, session: Session | None) -> Person | None:
        """The person of a session, if they may still sit here; a switched-to one must be a sample still."""
        if session is None or session.person_id is None:
            return None
        person = await self.backend.person(session.person_id)
        if person is None or (session.proof == SWITCHER and not person.sample):
            return None
        return person

    async def switchable(self) -> tuple[Person, ...]:
        """People of sample tenants, whatever else the backend may have named."""
        return tuple(person for person in await self.backend.people() if person.sample)

    async def place(self, person: Person, conversation: str) -> Place:
        """The conversation, if the person may read it; a foreign one and an absent one look the same."""
        for place in await self.backend.conversations(person.person_id):
            if place.conversation == conversation:
                return place
        raise Foreign("place", "a conversation that is not among this person's", status=404)


class Posted:
    """The fields of a form post whose token has been checked."""

    def __init__(self, session: Session, pairs: tuple[tuple[str, str], ...]) -> None:
        self.session = session
        self.pairs = pairs

    def one(self, name: str) -> str:
        """The first value under a name, or nothing."""
        return next((value for key, value in self.pairs if key == name), "")


async def posted(desk: Desk, request: web.Request) -> Posted:
    """Read a form post of our own page; raises Foreign when the token is missing or of another session."""
    if request.content_type != FORM_TYPE:
        raise web.HTTPUnsupportedMediaType(text="Only plain form posts are taken here.")
    body = await request.read()
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS_IN_A_POST
        )
    except ValueError as fault:
        raise web.HTTPBadRequest(text="The form had too many fields or could not be read.") from fault
    session = desk.session_of(request)
    token = next((value for name, value in pairs if name == "csrf"), "")
    if session is None or not desk.sessions.csrf_matches(session, token):
        raise Foreign("csrf", "no session" if session is None else "token missing or of another session")
    return Posted(session, tuple(pairs))
