"""The console's pages as text: pure functions from what is known to HTML. Works without any script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from html import escape
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from bot.surfaces.console.answers import PrivateAnswer
from bot.surfaces.console.ports import Person, Place, Post
from cards.html import Drawing, hidden_fields, render, safe, sentence
from cards.html_forms import render_form
from cards.model import Card, Moment, MomentStyle

POSTS_SHOWN = 50
"""Cards on one page; one more is read, so that the page can say that there are older ones."""
OLDER = (
    '<p class="empty">Older cards are not shown. <code>status</code> and <code>waiting</code> '
    "name what is open.</p>"
)
TYPED_CHARACTERS = 2000
"""The longest command the box takes; the shell refuses longer ones as well."""


CURRENT = ' aria-current="page"'
FOCUSABLE = ' tabindex="-1"'
CHAT = "chat"
TO_BOX = '<a class="skip" href="#command">Skip to the command box</a>\n'


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Who reads the page, and what their posts must carry."""

    person: Person
    csrf: str
    people: tuple[Person, ...]
    """People to switch to; empty when the person signed in with a token."""
    places: tuple[Place, ...]
    decisions: Mapping[str, int] = msgspec.field(default_factory=dict)
    """Conversation -> questions there that wait for this person."""


def document(title: str, header: str, main: str, *, kind: str = "") -> str:
    """The frame of every page. The first thing a keyboard reaches is the way past the header."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{safe(title)} · Ringmaster</title>\n"
        '<meta name="color-scheme" content="light dark">\n'
        '<link rel="stylesheet" href="/static/console.css">\n'
        '<link rel="icon" href="/static/ring.svg" type="image/svg+xml">\n'
        '<script src="/static/console.js" defer></script>\n</head>\n'
        f'<body class="{kind}">\n<a class="skip" href="#main">Skip to the main part</a>\n'
        f"{_if(kind == CHAT, TO_BOX)}"
        f"{header}\n{main}\n</body>\n</html>\n"
    )


def header(reader: Reader | None) -> str:
    """Name of the house, the way to the list, and who is sitting here."""
    brand = (
        '<a class="brand" href="/"><img src="/static/ring.svg" alt="" width="24" height="24">'
        "<span>Ringmaster</span></a>"
    )
    if reader is None:
        return f'<header class="top">{brand}</header>'
    total = total_to_decide(reader)
    places = (
        '<a class="to-places" href="/">Conversations'
        f'<span id="total" class="count"{_if(not total, " hidden")}>{total} to decide</span></a>'
    )
    return f'<header class="top">{brand}{places}{_person_menu(reader)}</header>'


def _person_menu(reader: Reader) -> str:
    token = hidden_fields((("csrf", reader.csrf),))
    switch = _switch_form(reader, token) if reader.people else ""
    return (
        '<details class="person"><summary><span class="visually-hidden">Signed in as </span>'
        f'{safe(reader.person.name)}</summary><div class="menu">{switch}'
        f'<form method="post" action="/sign-out">{token}<button class="button plain">Sign out</button></form>'
        "</div></details>"
    )


def _switch_form(reader: Reader, token: str) -> str:
    options = "".join(
        f'<option value="{escape(person.person_id)}"{_if(person == reader.person, " selected")}>'
        f"{_who(person)}</option>"
        for person in reader.people
    )
    return (
        f'<form method="post" action="/switch">{token}<label for="switch-person">Act as (sample)</label>'
        f'<select id="switch-person" name="person">{options}</select>'
        '<button class="button plain">Switch</button></form>'
    )


def _who(person: Person) -> str:
    return safe(f"{person.name}, {person.about}" if person.about else person.name)


def _if(holds: bool, text: str) -> str:
    return text if holds else ""


def sign_in_page(csrf: str, people: Sequence[Person], fault: str = "") -> str:
    """Sign in with an own token; people of sample tenants can be taken with one click."""
    token = hidden_fields((("csrf", csrf),))
    wrong = f'<p class="wrong" role="alert">{safe(fault)}</p>' if fault else ""
    samples = _sample_panel(token, people) if people else ""
    main = (
        f'<main id="main" tabindex="-1" class="narrow"><h1>Sign in</h1>{wrong}{samples}'
        '<section class="panel" aria-labelledby="token-title"><h2 id="token-title">With your own token</h2>'
        f'<form method="post" action="/sign-in">{token}<div class="field">'
        '<label for="token">Personal token</label>'
        # A password manager keeps the token under a name; nobody has to see it.
        '<div hidden><label for="username">Name</label><input type="text" id="username" name="username" '
        'value="ringmaster" autocomplete="username"></div>'
        '<p class="hint" id="token-hint">Made for you by an administrator. It proves each of your votes.</p>'
        '<input type="password" id="token" name="token" required autocomplete="current-password" '
        'aria-describedby="token-hint"></div><button class="button primary">Sign in</button></form>'
        "</section></main>"
    )
    return document("Sign in", header(None), main)


def _sample_panel(token: str, people: Sequence[Person]) -> str:
    rows = "".join(
        f'<li><button class="button plain" name="person" value="{escape(person.person_id)}">'
        f"{_who(person)}</button></li>"
        for person in people
    )
    return (
        '<section class="panel" aria-labelledby="sample-title">'
        '<h2 id="sample-title">Try it as a sample person</h2>'
        "<p>These people belong to sample clients only. Nothing real is touched.</p>"
        f'<form method="post" action="/switch">{token}<ul class="people">{rows}</ul></form></section>'
    )


def places_page(reader: Reader) -> str:
    """All conversations of the person; on a phone this page is the way between them."""
    main = (
        '<main id="main" tabindex="-1" class="narrow"><h1>Conversations</h1>'
        f'<nav class="list" data-here="" aria-label="Conversations">{place_list(reader)}</nav></main>'
    )
    return document("Conversations", header(reader), main)


def place_list(reader: Reader, current: str = "") -> str:
    """The conversations by kind, each with what waits there; the script reads it again at a change."""
    channels = [place for place in reader.places if not place.direct]
    direct = [place for place in reader.places if place.direct]
    if not reader.places:
        return '<p class="empty">No conversation is open to you yet. An administrator can bind one.</p>'
    return (
        _places(reader, "Channels", channels, current)
        + _places(reader, "Direct messages", direct, current)
        + f'<data value="{total_to_decide(reader)}"></data>'
    )


def total_to_decide(reader: Reader) -> int:
    """Questions that wait for this person anywhere; a direct message only repeats a channel's question."""
    return sum(reader.decisions.get(place.conversation, 0) for place in reader.places if not place.direct)


def _waiting(count: int) -> str:
    """A number with its words: "2 to decide"."""
    return f'<span class="count">{count} to decide</span>' if count else ""


def _places(reader: Reader, title: str, places: Sequence[Place], current: str) -> str:
    if not places:
        return ""
    rows = "".join(
        f'<li><a href="{place_address(place.conversation)}#end" data-place="{escape(place.conversation)}" '
        f'dir="auto"{_if(place.conversation == current, CURRENT)}>'
        f'<span aria-hidden="true">{"@" if place.direct else "#"}</span> {safe(place.name)}'
        f'<span class="news"></span>{_waiting(reader.decisions.get(place.conversation, 0))}</a></li>'
        for place in places
    )
    return f'<section class="places"><h2>{title}</h2><ul>{rows}</ul></section>'


def place_address(conversation: str, answer_id: str = "") -> str:
    """Where a conversation is shown, with the private answer that a redirect leads to."""
    answer = f"&answer={quote(answer_id, safe='')}#answer" if answer_id else ""
    return f"/c?id={quote(conversation, safe='')}{answer}"


def place_page(
    reader: Reader,
    place: Place,
    posts: Sequence[Post],
    completions: Sequence[str],
    nonce: str,
    answer: PrivateAnswer | None,
) -> str:
    """One conversation as chats are read: the newest card last, then the private answer, then the box."""
    about = f'<p class="about" dir="auto">{safe(place.about)}</p>' if place.about else ""
    under_box = ""
    if answer is not None and not any(post.message_id == answer.message_id for post in posts):
        under_box = answer_block(reader, place, answer, nonce)
    here = escape(place.conversation)
    main = (
        f'<main id="main" tabindex="-1"><h1 dir="auto">{safe(place.name)}</h1>{about}'
        f'<section id="feed" aria-label="Cards, newest last" data-place="{here}">'
        f"{feed(reader, place, posts, nonce, answer)}</section>{under_box}"
        '<noscript><p class="hint">Reload to see what has changed.</p></noscript>'
        '<p id="live" class="visually-hidden" role="status"></p><p id="end"></p>'
        f"{_command_box(reader, place, completions, nonce)}</main>"
    )
    nav = (
        f'<nav class="side list" data-here="{here}" aria-label="Conversations">'
        f"{place_list(reader, place.conversation)}</nav>"
    )
    return document(place.name, header(reader), f'<div class="split">{nav}{main}</div>', kind=CHAT)


def _command_box(reader: Reader, place: Place, completions: Sequence[str], nonce: str) -> str:
    hidden = hidden_fields(
        (("csrf", reader.csrf), ("nonce", f"{nonce}.say"), ("conversation", place.conversation))
    )
    options = "".join(f'<option value="{escape(text)}"></option>' for text in completions)
    return (
        '<form class="command" method="post" action="/say">'
        '<a id="below" class="button plain" href="#end" hidden>New below</a>'
        f'{hidden}<label for="command" class="visually-hidden">Command</label>'
        f'<div class="row"><input id="command" name="text" list="commands" maxlength="{TYPED_CHARACTERS}" '
        'autocomplete="off" autocapitalize="off" spellcheck="false" required '
        f'placeholder="waiting, status, help" dir="auto"><datalist id="commands">{options}</datalist>'
        '<button class="button primary">Send</button></div></form>'
    )


def feed(
    reader: Reader, place: Place, posts: Sequence[Post], nonce: str, answer: PrivateAnswer | None = None
) -> str:
    """The cards of a conversation; an answer to a click stands right under its card."""
    if not posts:
        return '<p class="empty">Nothing here yet. Type <code>help</code> to see what can be asked.</p>'
    shown = reversed(posts[:POSTS_SHOWN])
    drawn = "\n".join(_post(reader, place, post, nonce, answer) for post in shown)
    return _if(len(posts) > POSTS_SHOWN, OLDER) + drawn


def _post(reader: Reader, place: Place, post: Post, nonce: str, answer: PrivateAnswer | None) -> str:
    drawing = _drawing(reader, place, element_id=f"m-{post.message_id}", nonce=f"{nonce}.{post.message_id}")
    drawing = msgspec.structs.replace(
        drawing,
        zone=clock(post.zone) if post.zone else drawing.zone,
        hidden=(*drawing.hidden, ("message", post.message_id), ("at", post.message_id)),
        version=post.version,
    )
    private = '<span class="private">Only you see this</span>' if post.visible_to is not None else ""
    under = ""
    if answer is not None and answer.message_id == post.message_id:
        under = answer_block(reader, place, answer, nonce, takes_focus=True)
    return (
        f'<div class="post"><p class="when">{_when(post, drawing)} {private}</p>'
        f"{render(post.card, drawing)}{under}</div>"
    )


def _when(post: Post, drawing: Drawing) -> str:
    from_page = msgspec.structs.replace(drawing, reader_zone=None)
    posted = _time(Moment(at=post.posted_at), from_page)
    if post.version == 0:
        return posted
    days = {at.astimezone(drawing.zone).date() for at in (post.posted_at, post.changed_at)}
    style = MomentStyle.TIME if len(days) == 1 else MomentStyle.DAY_TIME
    return f"{posted}, changed {_time(Moment(at=post.changed_at, style=style), from_page)}"


def _time(moment: Moment, drawing: Drawing) -> str:
    return sentence((moment,), drawing)


def answer_block(
    reader: Reader, place: Place, answer: PrivateAnswer, nonce: str, *, takes_focus: bool = False
) -> str:
    """What came back, for this person alone; under a card it takes the keyboard, below the box keeps it."""
    drawing = _drawing(reader, place, element_id="answer-card", nonce=f"{nonce}.answer")
    typed = (
        f'<p class="typed-by-you">You typed: <code>{safe(answer.typed)}</code></p>' if answer.typed else ""
    )
    where = (("at", answer.message_id),)
    if isinstance(answer.answer, Card):
        drawn = render(answer.answer, msgspec.structs.replace(drawing, hidden=(*drawing.hidden, *where)))
    else:
        origin = (("message", answer.message_id), *where)
        drawn = render_form(
            answer.answer, msgspec.structs.replace(drawing, hidden=(*drawing.hidden, *origin))
        )
    return (
        f'<section class="answer" id="answer"{_if(takes_focus, FOCUSABLE)} aria-label="Answer to you">'
        f'<p class="private">Only you see this</p>{typed}{drawn}</section>'
    )


def _drawing(reader: Reader, place: Place, *, element_id: str, nonce: str) -> Drawing:
    return Drawing(
        zone=clock(place.zone),
        reader_zone=clock(reader.person.zone),
        action="/click",
        hidden=(("csrf", reader.csrf), ("conversation", place.conversation)),
        nonce=nonce,
        element_id=element_id,
        heading_level=2,
    )


def clock(zone: str) -> tzinfo:
    """The zone of that name; an unknown name must not hide a card, so it falls back to UTC."""
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def said_page(title: str, words: str) -> str:
    """A page with one sentence: a refusal or a fault."""
    main = (
        f'<main id="main" tabindex="-1" class="narrow"><h1>{safe(title)}</h1><p>{safe(words)}</p>'
        '<p><a href="/">Back to the conversations</a></p></main>'
    )
    return document(title, header(None), main)
