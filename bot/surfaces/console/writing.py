"""Requests that change something: signing in and out, switching, typing a command, clicking."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Awaitable
from datetime import datetime

from aiohttp import web

from bot.core.errors import Refused
from bot.surfaces.console import pages
from bot.surfaces.console.answers import PrivateAnswer
from bot.surfaces.console.desk import Desk, Posted, posted
from bot.surfaces.console.guard import Foreign
from bot.surfaces.console.ports import Person
from bot.surfaces.console.session import SWITCHER, TOKEN
from bot.surfaces.port import Answer, Clicked, Said
from cards.html_forms import FIELD_PREFIX
from cards.model import Shape, Status, answer

log = logging.getLogger(__name__)

NONCE = re.compile(r"[A-Za-z0-9._:-]{1,200}")
WORDS_SIGNS = 16
WRONG_TOKENS_A_MINUTE = 10
TAKEN = answer(
    "Taken. The card shows what comes of it.", key="taken", status=Status(shape=Shape.DONE, word="Taken")
)
OUR_FAULT = answer(
    "Something broke on our side. The cards show whether it counted; if it did not, please try again.",
    key="fault",
    status=Status(shape=Shape.STOPPED, word="Our fault"),
)


class Writing:
    """Handlers of POST requests. Each answers with a redirect, so that a reload never repeats it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._wrong_tokens: list[datetime] = []

    def routes(self) -> list[web.RouteDef]:
        """Every address that takes a post."""
        return [
            web.post("/sign-in", self.sign_in),
            web.post("/sign-out", self.sign_out),
            web.post("/switch", self.switch),
            web.post("/say", self.say),
            web.post("/click", self.click),
        ]

    async def sign_in(self, request: web.Request) -> web.Response:
        """Take a person's own token."""
        post = await posted(self._desk, request)
        if self._too_many_wrong_tokens():
            return await self._sign_in_again(post, "Too many wrong tokens. Please wait a minute.", 429)
        person = await self._desk.backend.sign_in(post.one("token").strip())
        if person is None:
            self._wrong_tokens.append(self._desk.now())
            return await self._sign_in_again(post, "That token is not known here, or it has ended.", 401)
        return self._seated(person, TOKEN)

    async def _sign_in_again(self, post: Posted, fault: str, status: int) -> web.Response:
        csrf = self._desk.sessions.csrf(post.session)
        page = pages.sign_in_page(csrf, await self._desk.switchable(), fault)
        return web.Response(text=page, content_type="text/html", status=status)

    def _too_many_wrong_tokens(self) -> bool:
        now = self._desk.now()
        self._wrong_tokens = [at for at in self._wrong_tokens if (now - at).total_seconds() < 60]
        return len(self._wrong_tokens) >= WRONG_TOKENS_A_MINUTE

    async def switch(self, request: web.Request) -> web.Response:
        """Become a person of a sample tenant; from a real person's session there is no way here."""
        post = await posted(self._desk, request)
        if post.session.proof == TOKEN:
            raise Foreign("person", "switching out of a token session")
        wanted = post.one("person")
        for person in await self._desk.switchable():
            if person.person_id == wanted:
                return self._seated(person, SWITCHER)
        raise Foreign("person", "switching to somebody who is not a sample person")

    async def sign_out(self, request: web.Request) -> web.Response:
        """Leave: the browser gets an empty session."""
        await posted(self._desk, request)
        response = _redirect("/sign-in")
        self._desk.set_cookie(response, self._desk.new_session())
        return response

    async def say(self, request: web.Request) -> web.Response:
        """Take the command box."""
        post = await posted(self._desk, request)
        person, conversation = await self._speaker(post), post.one("conversation")
        text = post.one("text").strip()[: pages.TYPED_CHARACTERS]
        delivery_id = _delivery_id(person, post, conversation, text)
        said = Said(
            conversation=conversation,
            person_id=person.person_id,
            proof=post.session.proof,
            text=text,
            delivery_id=delivery_id,
            received_at=self._desk.now(),
        )

        async def work() -> str:
            got = await _answered(self._desk.backend.say(said)) if text else _nothing_typed()
            return self._kept(post, conversation, "", text, got)

        return _redirect(await self._desk.deliveries.once(delivery_id, work))

    async def click(self, request: web.Request) -> web.Response:
        """Take a button or a form."""
        post = await posted(self._desk, request)
        person, conversation = await self._speaker(post), post.one("conversation")
        delivery_id = _delivery_id(
            person, post, conversation, post.one("value"), *map("=".join, _fields(post))
        )
        clicked = Clicked(
            conversation=conversation,
            person_id=person.person_id,
            proof=post.session.proof,
            message_id=post.one("message"),
            value=post.one("value"),
            fields=_fields(post),
            delivery_id=delivery_id,
            received_at=self._desk.now(),
        )

        async def work() -> str:
            got = await _answered(self._desk.backend.click(clicked))
            return self._kept(post, conversation, post.one("at"), "", got)

        return _redirect(await self._desk.deliveries.once(delivery_id, work))

    async def _speaker(self, post: Posted) -> Person:
        """The person who writes; they must be seated and be in the conversation they write to."""
        person = await self._desk.person_of(post.session)
        if person is None:
            raise Foreign("unsigned", "nobody is signed in")
        await self._desk.place(person, post.one("conversation"))
        return person

    def _kept(self, post: Posted, conversation: str, message_id: str, typed: str, got: Answer | None) -> str:
        """Keep the private answer and return the address that shows it."""
        answer_id = self._desk.new_token()
        kept = PrivateAnswer(
            session_id=post.session.session_id,
            conversation=conversation,
            message_id=message_id,
            typed=typed,
            answer=TAKEN if got is None else got,
        )
        self._desk.answers.keep(answer_id, kept)
        return pages.place_address(conversation, answer_id)

    def _seated(self, person: Person, proof: str) -> web.Response:
        response = _redirect("/")
        self._desk.set_cookie(response, self._desk.new_session(person_id=person.person_id, proof=proof))
        return response


async def _answered(asked: Awaitable[Answer | None]) -> Answer | None:
    """Whatever happens, the person gets a sentence: a refusal says why, our own fault says so."""
    try:
        return await asked
    except Refused as refusal:
        return answer(refusal.why, key="refused", status=Status(shape=Shape.STOPPED, word="Not done"))
    except Exception:
        log.exception("the console could not get an answer")
        return OUR_FAULT


def _nothing_typed() -> Answer:
    return answer("Nothing was typed. Try `waiting` or `help`.", key="empty")


def _delivery_id(person: Person, post: Posted, *said: str) -> str:
    """One rendering of one button or box, saying one thing, is one delivery, however often it is sent.

    What was said is part of it: some browsers keep the hidden number of a form when the page is loaded again,
    and another command or the opposite click must never pass for a repetition.
    """
    nonce = post.one("nonce")
    if not NONCE.fullmatch(nonce):
        raise web.HTTPBadRequest(text="This form has no delivery number. Please reload the page.")
    words = hashlib.sha256("\0".join(said).encode("utf-8", "replace")).hexdigest()[:WORDS_SIGNS]
    return f"console:{person.person_id}:{nonce}:{words}"


def _fields(post: Posted) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.removeprefix(FIELD_PREFIX), value)
        for name, value in post.pairs
        if name.startswith(FIELD_PREFIX)
    )


def _redirect(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})
