"""Requests that only read: pages, the feed of one conversation, completion, and the stream of changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from bot.surfaces.console import pages
from bot.surfaces.console.answers import PrivateAnswer
from bot.surfaces.console.desk import Desk
from bot.surfaces.console.guard import HEADERS
from bot.surfaces.console.ports import Change, Person, Place
from bot.surfaces.console.preview import preview_page
from bot.surfaces.console.session import SWITCHER, Session

COMPLETIONS_SHOWN = 12
STREAMS_OPEN = 100
"""Pages that may listen at once; the console serves the people of one machine."""
STATIC = Path(__file__).parent / "static"
STATIC_TYPES = {
    "console.css": "text/css",
    "console.js": "text/javascript",
    "ring.svg": "image/svg+xml",
}


class Reading:
    """Handlers of GET requests."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._streams = 0
        self._static = {name: (STATIC / name).read_bytes() for name in STATIC_TYPES}

    def routes(self) -> list[web.RouteDef]:
        """Every address that can be read."""
        return [
            web.get("/", self.places),
            web.get("/sign-in", self.sign_in),
            web.get("/c", self.place),
            web.get("/feed", self.feed),
            web.get("/places", self.place_list),
            web.get("/complete", self.complete),
            web.get("/changes", self.changes),
            web.get("/cards", self.cards),
            web.get("/metrics", self.metrics),
            web.get("/static/{name}", self.static),
        ]

    async def sign_in(self, request: web.Request) -> web.Response:
        """The way in; gives everybody a session, so that the form has its token."""
        session = self._desk.session_of(request) or self._desk.new_session()
        page = pages.sign_in_page(self._desk.sessions.csrf(session), await self._desk.switchable())
        response = _html(page)
        self._desk.set_cookie(response, session)
        return response

    async def places(self, request: web.Request) -> web.Response:
        """All conversations of the person."""
        reader = await self._reader(request)
        return _html(pages.places_page(reader[1]))

    async def place(self, request: web.Request) -> web.Response:
        """One conversation, with the private answer that a redirect led to."""
        session, reader = await self._reader(request)
        person, place = reader.person, await self._place(request, reader.person)
        posts = await self._desk.backend.posts(person.person_id, place.conversation, pages.POSTS_SHOWN + 1)
        completions = await self._desk.backend.complete(person.person_id, place.conversation, "")
        answer = self._answer(request, session, place)
        nonce = self._desk.new_token()
        page = pages.place_page(reader, place, posts, completions[:COMPLETIONS_SHOWN], nonce, answer)
        return _html(page)

    async def feed(self, request: web.Request) -> web.Response:
        """The cards of a conversation alone, for the script that redraws changed ones."""
        _, reader = await self._reader(request)
        place = await self._place(request, reader.person)
        posts = await self._desk.backend.posts(
            reader.person.person_id, place.conversation, pages.POSTS_SHOWN + 1
        )
        return _html(pages.feed(reader, place, posts, self._desk.new_token()))

    async def place_list(self, request: web.Request) -> web.Response:
        """The list of conversations alone, for the script that keeps its numbers right."""
        _, reader = await self._reader(request)
        return _html(pages.place_list(reader, request.query.get("id", "")))

    async def complete(self, request: web.Request) -> web.Response:
        """What the typed words may become."""
        _, reader = await self._reader(request)
        place = await self._place(request, reader.person)
        text = request.query.get("text", "")[: pages.TYPED_CHARACTERS]
        found = await self._desk.backend.complete(reader.person.person_id, place.conversation, text)
        body = msgspec.json.encode(found[:COMPLETIONS_SHOWN])
        return web.Response(body=body, content_type="application/json")

    async def changes(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: one `card` event per change, until the page or the house closes."""
        _, reader = await self._reader(request)
        if self._streams >= STREAMS_OPEN:
            raise web.HTTPServiceUnavailable(text="Too many pages are open. Close some and reload.")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        response.headers.update(HEADERS)
        self._streams += 1
        try:
            with suppress(ConnectionResetError):  # a page that was closed meanwhile is nobody's fault
                await response.prepare(request)
                await response.write(b"retry: 2000\n\n")
                await self._stream(request, response, reader.person)
        finally:
            self._streams -= 1
        return response

    async def _stream(self, request: web.Request, response: web.StreamResponse, person: Person) -> None:
        stream = aiter(self._desk.backend.subscribe(person.person_id))
        closing = asyncio.ensure_future(self._desk.closing.wait())
        pending = asyncio.ensure_future(_next(stream))
        try:
            while True:
                await _first_of(pending, closing, timeout=self._desk.keepalive_seconds)
                if closing.done():
                    break
                if await self._desk.person_of(self._desk.session_of(request)) is None:
                    break
                if not pending.done():
                    await response.write(b": still here\n\n")
                    continue
                change = pending.result()
                if change is None:
                    break
                if await self._may_read(person, change.conversation):
                    await response.write(_event(change))
                pending = asyncio.ensure_future(_next(stream))
        except ConnectionResetError:
            pass
        finally:
            closing.cancel()
            pending.cancel()
            await asyncio.gather(closing, pending, return_exceptions=True)
            if (close := getattr(stream, "aclose", None)) is not None:
                await close()

    async def cards(self, request: web.Request) -> web.Response:
        """Every example card at phone width: no person, no data, no effect."""
        return _html(preview_page(self._desk.examples))

    async def metrics(self, request: web.Request) -> web.Response:
        """Numbers for a scraper on this machine."""
        return web.Response(text=self._desk.metrics(), content_type="text/plain")

    async def static(self, request: web.Request) -> web.Response:
        """Our own style sheet, script and sign."""
        name = request.match_info["name"]
        if name not in self._static:
            raise web.HTTPNotFound(text="There is no such file.")
        return web.Response(body=self._static[name], content_type=STATIC_TYPES[name], charset="utf-8")

    async def _reader(self, request: web.Request) -> tuple[Session, pages.Reader]:
        """The signed-in person with what the page header needs, or the way to the sign-in page."""
        session = self._desk.session_of(request)
        person = await self._desk.person_of(session)
        if session is None or person is None:
            raise web.HTTPSeeOther("/sign-in")
        people = await self._desk.switchable() if session.proof == SWITCHER else ()
        reader = pages.Reader(
            person=person,
            csrf=self._desk.sessions.csrf(session),
            people=people,
            places=await self._desk.backend.conversations(person.person_id),
            decisions=await self._desk.backend.decisions(person.person_id),
        )
        return session, reader

    async def _place(self, request: web.Request, person: Person) -> Place:
        return await self._desk.place(person, request.query.get("id", ""))

    async def _may_read(self, person: Person, conversation: str) -> bool:
        """Asked for each change: a conversation may have been closed to the person meanwhile."""
        places = await self._desk.backend.conversations(person.person_id)
        return any(place.conversation == conversation for place in places)

    def _answer(self, request: web.Request, session: Session, place: Place) -> PrivateAnswer | None:
        kept = self._desk.answers.read(request.query.get("answer", ""), session.session_id)
        return kept if kept is not None and kept.conversation == place.conversation else None


async def _first_of(*waiting: asyncio.Future[Any], timeout: float) -> None:
    """Wait until something happens, at most until the line must be touched again."""
    await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)


async def _next(stream: AsyncIterator[Change]) -> Change | None:
    """The next change, or None when there will be no more."""
    return await anext(stream, None)


def _event(change: Change) -> bytes:
    data = {"place": change.conversation, "message": change.message_id}
    return b"event: card\ndata: " + msgspec.json.encode(data) + b"\n\n"


def _html(page: str) -> web.Response:
    return web.Response(text=page, content_type="text/html")
