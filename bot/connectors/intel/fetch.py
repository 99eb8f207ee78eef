"""Bring a feed from an address into a file: https or this machine only, bounded, and only if it has
changed.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Final

import httpx
import msgspec

from bot.connectors.intel.feed import MAX_FILE_BYTES
from bot.core.errors import OutsideBusy, OutsideFailed, Refused

MAX_REDIRECTS: Final = 3
TIMEOUT_SECONDS: Final = 30.0
"""For each read; a whole feed may take longer."""


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A feed that has arrived in `path`; `etag` is empty when the server names no version."""

    path: Path
    etag: str


def refuse_unsafe(address: str) -> httpx.URL:
    """The address itself if it is https, or plain http to this very machine (a test server, a mirror)."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as fault:
        raise Refused(f"'{address[:80]}' is no address: {fault}", rule="feed address") from fault
    if url.host and (url.scheme == "https" or (url.scheme == "http" and _is_this_machine(url.host))):
        return url
    raise Refused(f"'{address[:80]}': feeds are fetched over https only.", rule="feed address")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def fetch(client: httpx.Client, address: str, target: Path, etag: str | None) -> Fetched | None:
    """The feed in `target`, or None when the server says that the version named by `etag` still holds."""
    headers = {"Accept-Encoding": "identity", **({"If-None-Match": etag} if etag else {})}
    url = refuse_unsafe(address)
    try:
        for _ in range(MAX_REDIRECTS + 1):
            with client.stream("GET", url, headers=headers, follow_redirects=False) as answer:
                if answer.next_request is not None:
                    url = refuse_unsafe(str(answer.next_request.url))
                    continue
                return _receive(answer, target, etag)
    except httpx.HTTPError as fault:
        raise OutsideFailed(f"{url.host} did not answer: {str(fault) or type(fault).__name__}") from fault
    raise OutsideFailed(f"{url.host} redirects more than {MAX_REDIRECTS} times")


def _receive(answer: httpx.Response, target: Path, etag: str | None) -> Fetched | None:
    if answer.status_code == httpx.codes.NOT_MODIFIED and etag:
        return None
    if answer.status_code in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
        wait = answer.headers.get("Retry-After", "")
        seconds = int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 7 else None
        raise OutsideBusy(
            f"{answer.url.host} asks for patience: {wait or 'later'}", retry_after_seconds=seconds
        )
    if answer.status_code != httpx.codes.OK:
        raise OutsideFailed(f"{answer.url.host} answered {answer.status_code}")
    size = 0
    with target.open("wb") as out:
        for piece in answer.iter_raw():
            size += len(piece)
            if size > MAX_FILE_BYTES:
                raise OutsideFailed(f"{answer.url.host} sends more than {MAX_FILE_BYTES} bytes")
            out.write(piece)
    return Fetched(path=target, etag=answer.headers.get("ETag", "")[:200])
