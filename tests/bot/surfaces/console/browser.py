"""A browser as far as the console can tell: keeps its cookie, reads forms from the page, posts them back."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from typing_extensions import override

Attributes = dict[str, str]


@dataclass
class Node:
    """One element of a page."""

    tag: str
    attributes: Attributes
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    own_words: str = ""

    @property
    def words(self) -> str:
        return (self.own_words + "".join(child.words for child in self.children)).strip()

    def all(self, *tags: str) -> list[Node]:
        found = [self] if self.tag in tags else []
        return found + [node for child in self.children for node in child.all(*tags)]

    def by_id(self, wanted: str) -> Node | None:
        if self.attributes.get("id") == wanted:
            return self
        return next((found for child in self.children if (found := child.by_id(wanted))), None)

    def inside(self, tag: str) -> Node | None:
        node = self.parent
        while node is not None and node.tag != tag:
            node = node.parent
        return node

    def fields(self) -> dict[str, str]:
        """The names and values that pressing the form's first button would send."""
        inputs = {
            node.attributes["name"]: node.attributes.get("value", "")
            for node in self.all("input", "button")
            if "name" in node.attributes
        }
        return inputs


class Page(HTMLParser):
    """A page as a tree."""

    VOID = ("input", "img", "hr", "path", "rect", "circle", "meta", "link", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = Node("root", {})
        self._at = self.root
        self.feed(text)
        self.close()
        assert self._at is self.root, f"<{self._at.tag}> is never closed"

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self._at)
        self._at.children.append(node)
        if tag not in self.VOID:
            self._at = node

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._at.children.append(Node(tag, {name: value or "" for name, value in attrs}, self._at))

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self._at.tag == tag
        assert self._at.parent is not None
        self._at = self._at.parent

    @override
    def handle_data(self, data: str) -> None:
        self._at.own_words += data

    def form(self, action: str, button: str = "") -> dict[str, str]:
        """The fields of the form with this address, and with this button if one is named."""
        for node in self.root.all("form"):
            labels = [b.words for b in node.all("button")]
            if node.attributes.get("action") == action and (not button or button in labels):
                return node.fields()
        raise AssertionError(f"no form {action} with button {button!r} on the page")


class Browser:
    """Somebody at the console."""

    def __init__(self, client: TestClient[Request, Application]) -> None:
        self.client = client
        self.origin = f"http://127.0.0.1:{client.port}"

    async def get(self, path: str, **headers: str) -> ClientResponse:
        return await self.client.get(path, headers=_dashed(headers), allow_redirects=False)

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> ClientResponse:
        sent = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", **_dashed(headers)}
        sent = {name: value for name, value in sent.items() if value}
        return await self.client.post(path, data=fields, headers=sent, allow_redirects=False)

    async def page(self, path: str) -> Page:
        response = await self.client.get(path)
        assert response.status == 200, f"{path} answered {response.status}"
        return Page(await response.text())

    async def follow(self, response: ClientResponse) -> Page:
        assert response.status == 303, await response.text()
        return await self.page(response.headers["Location"].split("#")[0])

    async def sit_down(self, person_id: str = "mara") -> Browser:
        """Sign in as a sample person."""
        fields = (await self.page("/sign-in")).form("/sign-in")
        response = await self.post("/switch", {"csrf": fields["csrf"], "person": person_id})
        assert response.status == 303, await response.text()
        return self

    async def sign_in(self, token: str) -> ClientResponse:
        fields = (await self.page("/sign-in")).form("/sign-in")
        return await self.post("/sign-in", {**fields, "token": token})


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
