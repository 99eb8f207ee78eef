"""Who may deliver: the channel service with a signed token, or, without an app id, this machine alone."""

from __future__ import annotations

import ipaddress
from typing import Any, Final

import jwt

from bot.core.envelope import Proof
from bot.surfaces.port import Delivered
from bot.surfaces.teams.config import TeamsConfig, may_be_called, on_this_machine
from bot.surfaces.teams.keys import SigningKeys
from bot.surfaces.teams.wire import Posted

CHANNEL: Final = "msteams"
ALGORITHM: Final = "RS256"
"""The only one that is ever asked for: no `none`, and no HS256 with a public key as its secret."""
SKEW_SECONDS: Final = 300
"""As the SDK allows between two clocks."""
TOKEN_CHARACTERS: Final = 10_000
FORWARDING: Final = ("forwarded", "via", "x-real-ip", "x-original-host", "x-client-ip", "true-client-ip")


BROWSER: Final = ("origin", "referer", "sec-fetch-site", "sec-fetch-mode")
"""Only browsers send these, and Teams is none: a page from anywhere may post to this machine through one."""


class Unproved(PermissionError):
    """Nobody vouches for this delivery; the text is for tests, never for the sender."""


class Gate:
    """Checks one delivery before anything else is done with it."""

    def __init__(self, config: TeamsConfig, keys: SigningKeys) -> None:
        self._config = config
        self._keys = keys

    async def check(self, delivered: Delivered, posted: Posted) -> Proof:
        """How the delivery is proved; raises Unproved for every other."""
        if not self._config.app_id:
            _only_from_here(delivered, posted)
            return Proof.TEAMS_UNPROVED
        claims = await self._claims(delivered, posted)
        self._check_claims(claims, posted)
        return Proof.TEAMS_TOKEN

    async def _claims(self, delivered: Delivered, posted: Posted) -> dict[str, Any]:
        """What the token says, once its signature holds and its key is endorsed for Teams.

        The token's times are compared with this machine's clock, inside the JWT library: they are the outside
        world's times, whatever clock the rest of the program runs on.
        """
        token = _bearer(delivered)
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = await self._keys.get(kid) if isinstance(kid, str) else None
            if key is None:
                raise Unproved("unknown key")
            if posted.channel_id != CHANNEL or CHANNEL not in key.endorsements:
                raise Unproved("the key is not endorsed for this channel")
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[ALGORITHM],
                audience=self._config.app_id,
                issuer=self._config.issuer,
                leeway=SKEW_SECONDS,
                options={"require": ["exp", "nbf", "iss", "aud"], "strict_aud": True},
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as fault:
            raise Unproved(type(fault).__name__) from None
        return claims

    def _check_claims(self, claims: dict[str, Any], posted: Posted) -> None:
        """The token speaks for one address; answers, and our own token, go nowhere else."""
        named = claims.get("serviceurl")
        wanted = posted.service_url or ""
        if not isinstance(named, str) or not named or named.rstrip("/") != wanted.rstrip("/"):
            raise Unproved("another service address")
        if not may_be_called(wanted):
            raise Unproved("an address that may not be called")


def _bearer(delivered: Delivered) -> str:
    header = header_of(delivered, "authorization")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > TOKEN_CHARACTERS:
        raise Unproved("no token")
    return token


def header_of(delivered: Delivered, name: str) -> str:
    """A header without regard to case; empty when it is not there."""
    return next((value for key, value in delivered.headers.items() if key.lower() == name), "")


def _only_from_here(delivered: Delivered, posted: Posted) -> None:
    """Without an app id anybody could say anything: nothing from beyond this machine is taken."""
    if not _loopback(delivered.remote):
        raise Unproved("not from this machine")
    for name in delivered.headers:
        if name.lower() in FORWARDING or name.lower().startswith("x-forwarded"):
            raise Unproved("forwarded")
        if name.lower() in BROWSER:
            raise Unproved("from a page in a browser")
    if not header_of(delivered, "content-type").lower().startswith("application/json"):
        raise Unproved("not JSON")  # what a form in a page can send without asking first
    if not on_this_machine(posted.service_url or ""):
        raise Unproved("a service address elsewhere")


def _loopback(remote: str) -> bool:
    try:
        address = ipaddress.ip_address(remote.split("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
