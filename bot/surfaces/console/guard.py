"""Keeps the console to the machine it runs on: other people's pages, proxies and big bodies end here.

Rules of the house: the Host is loopback with our own port, a forwarding header is refused, a write comes from
our own origin. The CSRF token is checked where the form is read (`posted.py`).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

BODY_BYTES = 1024 * 1024
SAID_CHARACTERS = 200
"""How much of a foreign header is kept for the record."""
FORWARDING = ("forwarded", "via", "x-real-ip", "x-original-host", "x-client-ip", "true-client-ip")
SAFE_METHODS = ("GET", "HEAD")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: browsers then send `Origin: null` with our own form posts.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Foreign(Exception):
    """A request that did not come from our own page: which rule it broke, and what it claimed."""

    def __init__(self, rule: str, said: str, status: int = 403) -> None:
        super().__init__(rule)
        self.rule = rule
        self.said = said[:SAID_CHARACTERS]
        self.status = status


def check(request: web.Request) -> None:
    """Raise Foreign for a request that our own page in a browser on this machine could not have sent."""
    _check_peer(request)
    _check_forwarding(request)
    _check_host(request)
    _check_fetch_site(request)
    if request.method not in SAFE_METHODS:
        _check_origin(request)


def _check_peer(request: web.Request) -> None:
    peer = request.transport.get_extra_info("peername") if request.transport else None
    if not peer or not ipaddress.ip_address(peer[0].split("%")[0]).is_loopback:
        raise Foreign("host", f"peer {peer[0] if peer else 'unknown'}")


def _check_forwarding(request: web.Request) -> None:
    for name in request.headers:
        if name.lower() in FORWARDING or name.lower().startswith("x-forwarded"):
            raise Foreign("forwarded", name)


def _check_host(request: web.Request) -> None:
    """Take only loopback names with our own port: a foreign name that leads to 127.0.0.1 is a trick."""
    sent = request.headers.getall("Host", [])
    if len(sent) != 1 or sent[0].lower() not in own_hosts(request):
        raise Foreign("host", ", ".join(sent), status=421)


def own_hosts(request: web.Request) -> tuple[str, ...]:
    """The only names that this page goes by."""
    socket = request.transport.get_extra_info("sockname") if request.transport else None
    port = socket[1] if socket else 0
    names = ("127.0.0.1", "localhost", "[::1]")
    return tuple(f"{name}:{port}" for name in names) + (names if port == 80 else ())


def _check_fetch_site(request: web.Request) -> None:
    """Believe the browser when it says who asked; a bare navigation by a person (`none`) may only read."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is None or site == "same-origin":
        return
    reading = request.method in SAFE_METHODS
    if reading and (site == "none" or request.headers.get("Sec-Fetch-Mode") == "navigate"):
        return
    raise Foreign("origin", f"Sec-Fetch-Site {site}")


def _check_origin(request: web.Request) -> None:
    """Take a write only from a page of the same name and port; the Referer counts where no Origin came."""
    own = f"http://{request.headers['Host'].lower()}"
    origin = request.headers.get("Origin")
    if origin is not None:
        if origin.lower() != own:
            raise Foreign("origin", f"Origin {origin}")
        return
    referer = request.headers.get("Referer", "")
    if _origin_of(referer) != own:
        raise Foreign("origin", f"Referer {referer}" if referer else "neither Origin nor Referer")


def _origin_of(address: str) -> str:
    try:
        parts = urlsplit(address.lower())
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"
