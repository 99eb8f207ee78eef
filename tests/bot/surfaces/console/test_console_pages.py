"""The pages can be used by keyboard, by screen reader and without a script; names in them stay names."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from bot.core.errors import Refused
from bot.surfaces.console.pages import POSTS_SHOWN, Reader, feed
from bot.surfaces.console.ports import Person, Place, Post
from cards.catalogue import all_examples, card_examples
from cards.model import Card, Image, MomentStyle, button, line, moment
from tests.bot.surfaces.console.browser import Browser, Node, Page
from tests.bot.surfaces.console.house import START, House

ATTACK = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
PLACE = "/c?id=c/fernhill"


async def pages_of(browser: Browser, house: House) -> dict[str, Page]:
    """Every page there is, with every example card on one of them."""
    for name, card in card_examples().items():
        await house.surface.send("c/fernhill", card, key=name)
    sign_in = await browser.page("/sign-in")
    await browser.sit_down()
    return {
        "sign in": sign_in,
        "conversations": await browser.page("/"),
        "conversation": await browser.page(PLACE),
        "cards": await browser.page("/cards"),
    }


async def test_every_input_has_a_name_that_can_be_read_out(browser: Browser, house: House) -> None:
    for name, page in (await pages_of(browser, house)).items():
        labelled = {node.attributes.get("for") for node in page.root.all("label")}
        for node in page.root.all("input", "select", "textarea"):
            if node.attributes.get("type") == "hidden":
                continue
            has_label = node.attributes.get("id") in labelled or node.inside("label") is not None
            assert has_label, f"{name}: {node.attributes}"


async def test_every_button_link_and_picture_has_words(browser: Browser, house: House) -> None:
    for name, page in (await pages_of(browser, house)).items():
        for node in page.root.all("button", "a", "summary"):
            assert node.words, f"{name}: {node.tag} {node.attributes}"
        for node in page.root.all("img"):
            assert "alt" in node.attributes, f"{name}: {node.attributes}"


async def test_every_page_starts_with_the_way_past_the_header(browser: Browser, house: House) -> None:
    for name, page in (await pages_of(browser, house)).items():
        first = page.root.all("a", "button", "input", "summary", "select")[0]
        assert first.attributes.get("href") == "#main", name
        assert page.root.by_id("main") is not None, name


async def test_every_page_has_one_main_heading_and_no_level_is_skipped(
    browser: Browser, house: House
) -> None:
    for name, page in (await pages_of(browser, house)).items():
        levels = [int(node.tag[1]) for node in page.root.all("main")[0].all("h1", "h2", "h3", "h4")]
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels)), name


async def test_no_id_is_used_twice_and_every_tie_leads_somewhere(browser: Browser, house: House) -> None:
    for name, page in (await pages_of(browser, house)).items():
        ids = [node.attributes["id"] for node in everything(page.root) if "id" in node.attributes]
        assert len(ids) == len(set(ids)), name
        for node in everything(page.root):
            for tie in ("aria-labelledby", "aria-describedby", "for", "list"):
                assert set(node.attributes.get(tie, "").split()) <= set(ids), f"{name}: {node.attributes}"


async def test_nobody_sets_an_order_of_focus_by_hand(browser: Browser, house: House) -> None:
    for page in (await pages_of(browser, house)).values():
        given = {node.attributes.get("tabindex", "0") for node in everything(page.root)}
        assert given <= {"0", "-1"}


async def test_the_command_box_comes_after_the_newest_card_and_has_a_way_of_its_own(
    browser: Browser, house: House
) -> None:
    page = (await pages_of(browser, house))["conversation"]
    order = [node.attributes.get("id") for node in everything(page.root)]

    assert order.index("feed") < order.index("command")
    assert [node.attributes["href"] for node in page.root.all("a")][:2] == ["#main", "#command"]


async def test_nothing_on_a_page_is_inline_or_from_elsewhere(browser: Browser, house: House) -> None:
    for name, page in (await pages_of(browser, house)).items():
        for node in everything(page.root):
            assert "style" not in node.attributes, name
            assert not [key for key in node.attributes if key.startswith("on")], name
            for key in ("src", "action"):
                assert re.match(r"(/|data:image/|$)", node.attributes.get(key, "")), (
                    f"{name}: {node.attributes}"
                )
        for node in page.root.all("script"):
            assert node.words == ""
        for node in page.root.all("link"):
            assert node.attributes["href"].startswith("/static/")


async def test_names_from_anywhere_stay_names(browser: Browser, house: House) -> None:
    house.everybody["mara"] = Person(person_id="mara", name=ATTACK, sample=True)
    house.places["mara"] = (Place(conversation='c/"x', name=ATTACK, zone=ATTACK, about=ATTACK),)
    hostile = Card(
        push=ATTACK,
        title=ATTACK,
        key="k",
        body=(line(ATTACK), line("x" * 5000), Image(alt=ATTACK, url="javascript:alert(1)")),
        buttons=(button(ATTACK, "v", ATTACK, confirm=ATTACK),),
    )
    await house.surface.send('c/"x', hostile, key="k")
    await browser.sit_down()

    for path in ("/", "/c?id=c/%22x", "/feed?id=c/%22x"):
        page = await browser.page(path)
        scripts = [node.attributes.get("src") for node in page.root.all("script")]
        assert set(scripts) <= {"/static/console.js"}, path
        assert not [n for n in page.root.all("img") if n.attributes.get("src") == "x"], path
    assert "[4,700 more characters]" in page.root.words
    assert page.form("/click")["value"] == ATTACK


async def test_cards_are_shown_newest_last_by_the_clients_clock(browser: Browser, house: House) -> None:
    for name in ("first", "second"):
        card = Card(push="p", title=name, key=name, body=(line(moment(START, MomentStyle.TIME)),))
        await house.surface.send("c/fernhill", card, key=name)
    await browser.sit_down("tomas")

    page = await browser.page(PLACE)

    cards = page.root.all("article")
    assert [card.all("h2")[0].words for card in cards] == ["first", "second"]
    times = cards[0].all("time")
    assert [(node.words, node.attributes["datetime"]) for node in times] == [("21:00", START.isoformat())]
    assert "(20:00 yours)" in cards[0].words


def test_a_card_of_another_client_is_drawn_on_that_clients_clock() -> None:
    card = Card(push="p", title="t", key="k", body=(line(moment(START, MomentStyle.TIME)),))
    here, there = (
        Post(
            conversation="dm/mara",
            message_id=zone,
            version=0,
            posted_at=START,
            changed_at=START,
            visible_to=None,
            key=zone,
            card=card,
            zone=zone,
        )
        for zone in ("", "Asia/Tokyo")
    )
    place = Place(conversation="dm/mara", name="Mara", direct=True, zone="UTC")
    reader = Reader(person=Person(person_id="mara", name="Mara"), csrf="c", people=(), places=(place,))

    drawn = [Page(feed(reader, place, [post], "n")).root.all("article")[0].words for post in (here, there)]

    assert drawn == ["t20:00", "t05:00(20:00 yours)"]


async def test_the_list_says_how_many_decisions_wait_where(browser: Browser, house: House) -> None:
    house.waiting = {"mara": {"c/fernhill": 2}}
    await browser.sit_down()

    for path in ("/", PLACE, "/places"):
        rows = {
            node.attributes["data-place"]: node.words
            for node in (await browser.page(path)).root.all("a")
            if "data-place" in node.attributes
        }
        assert rows["c/fernhill"].endswith("2 to decide"), path
        assert "to decide" not in rows["c/desk"], path


async def test_a_password_manager_finds_a_name_for_the_token(browser: Browser) -> None:
    names = (await browser.page("/sign-in")).root.by_id("username")

    assert names is not None
    assert names.attributes["autocomplete"] == "username"


async def test_a_card_for_one_person_says_so_and_is_shown_to_nobody_else(
    browser: Browser, house: House
) -> None:
    secret = Card(push="p", title="For Mara alone", key="s")
    await house.surface.send("c/fernhill", secret, key="s", visible_to="mara")

    maras = await (await browser.sit_down("mara")).page(PLACE)
    tomas = await (await browser.sit_down("tomas")).page(PLACE)

    assert "For Mara alone" in maras.root.words
    assert "Only you see this" in maras.root.words
    assert "For Mara alone" not in tomas.root.words


async def test_older_cards_that_are_not_shown_are_spoken_of(browser: Browser, house: House) -> None:
    await browser.sit_down()
    for number in range(POSTS_SHOWN):
        await house.surface.send("c/fernhill", Card(push="p", title="t", key="k"), key=str(number))
    full = await browser.page(PLACE)

    await house.surface.send("c/fernhill", Card(push="p", title="t", key="k"), key="one more")
    more = await browser.page(PLACE)

    assert "Older cards are not shown." not in full.root.words
    assert "Older cards are not shown." in more.root.words
    assert len(more.root.all("article")) == POSTS_SHOWN


async def test_a_person_without_conversations_is_told_so(browser: Browser, house: House) -> None:
    house.places["mara"] = ()
    await browser.sit_down()

    assert "No conversation is open to you yet." in (await browser.page("/")).root.words


async def test_a_house_that_fails_shows_a_sentence_and_nothing_of_itself(
    browser: Browser, house: House
) -> None:
    await browser.sit_down()

    async def fails(person_id: str, conversation: str, limit: int) -> tuple[Post, ...]:
        raise OSError("/secret/path")

    house.posts = fails  # type: ignore[method-assign]
    response = await browser.get(PLACE)

    assert response.status == 500
    assert "Something broke on our side." in await response.text()
    assert "secret" not in await response.text()


async def test_a_house_that_refuses_says_why(browser: Browser, house: House) -> None:
    await browser.sit_down()

    async def refuses(person_id: str, conversation: str, limit: int) -> tuple[Post, ...]:
        raise Refused("The key of this client is not available.")

    house.posts = refuses  # type: ignore[method-assign]
    response = await browser.get(PLACE)

    assert response.status == 403
    assert "The key of this client is not available." in await response.text()


async def test_commands_are_completed_with_and_without_a_script(browser: Browser) -> None:
    await browser.sit_down()

    page = await browser.page(PLACE)
    typed = await browser.client.get("/complete?id=c/fernhill&text=st")

    box, options = page.root.by_id("command"), page.root.by_id("commands")
    assert box is not None
    assert options is not None
    assert box.attributes["list"] == "commands"
    assert options.all("option")[0].attributes["value"] == "waiting"
    assert await typed.json() == ["stop fernhill", "status fernhill"]


async def test_an_unknown_clock_hides_no_card(browser: Browser, house: House) -> None:
    house.places["mara"] = (Place(conversation="c/fernhill", name="fernhill", zone="Nowhere/Land"),)
    await house.surface.send("c/fernhill", Card(push="p", title="Here", key="k"), key="k")
    await browser.sit_down()

    assert "Here" in (await browser.page(PLACE)).root.words


async def test_the_preview_shows_every_example_to_anybody_and_none_can_be_pressed(browser: Browser) -> None:
    page = await browser.page("/cards")

    names = {node.words for node in page.root.all("code")}
    assert set(all_examples()) <= names
    assert all("disabled" in node.attributes for node in page.root.all("button"))


async def test_metrics_are_text_for_a_scraper(browser: Browser) -> None:
    response = await browser.get("/metrics")

    assert await response.text() == "ringmaster_up 1\n"
    assert response.content_type == "text/plain"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("console.css", "text/css"), ("console.js", "text/javascript"), ("ring.svg", "image/svg+xml")],
)
async def test_style_script_and_sign_are_our_own_files(browser: Browser, name: str, kind: str) -> None:
    response = await browser.get(f"/static/{name}")

    assert (response.status, response.content_type) == (200, kind)
    assert re.search(r"https?://(?!www\.w3\.org)", await response.text()) is None


async def test_no_other_file_is_served(browser: Browser) -> None:
    assert (await browser.get("/static/..%2Fsite.py")).status == 404


def everything(node: Node) -> list[Node]:
    return [node] + [below for child in node.children for below in everything(child)]
