"""What the twin shows to the bot, held against botframework's own check."""

from __future__ import annotations

from collections.abc import AsyncIterator

import jwt
import pytest
import pytest_asyncio
from botbuilder.integration.aiohttp import ConfigurationBotFrameworkAuthentication
from botbuilder.schema import Activity
from botframework.connector.auth import JwtTokenExtractor

from bot.clock import SystemClock
from bot.twins.teams.driver import TeamsDriver, driving
from bot.twins.teams.keys import ISSUER, PROOFS, Proof
from bot.twins.teams.service import Teams, TeamsOptions
from bot.twins.teams.thread import serving_beside
from tests.bot.twins.teams.town import PEOPLE, Listener, Moment, Town, listening

PASSING = ("good", "no_endorsement")
"""botframework asks for an endorsement only where the key names any."""
REFUSED = [proof for proof in PROOFS if proof not in (*PASSING, "none")]


class Scene:
    """A service beside, a listening bot, and botframework's check of what the bot heard."""

    def __init__(self, teams: Teams, driver: TeamsDriver, bot: Listener) -> None:
        self.teams, self.driver, self.bot = teams, driver, bot

    async def check(self, proof: Proof) -> dict[str, str]:
        """Deliver a message signed so; the claims, when botframework takes it."""
        await self.driver.write("dana", "status", proof=proof)
        JwtTokenExtractor.metadataCache.clear()  # it remembers keys by address, and ports come again
        door = ConfigurationBotFrameworkAuthentication(_Config(self.teams))
        activity = Activity().deserialize(self.bot.heard[-1])
        result = await door.authenticate_request(activity, self.bot.headers[-1])
        claims: dict[str, str] = result.claims_identity.claims
        return claims


class _Config:
    def __init__(self, teams: Teams) -> None:
        self.APP_ID = teams.options.app_id
        self.APP_PASSWORD = teams.options.app_password
        self.TO_BOT_FROM_CHANNEL_TOKEN_ISSUER = ISSUER
        self.TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL = f"{teams.url}/openid"
        self.TO_BOT_FROM_EMULATOR_OPENID_METADATA_URL = f"{teams.url}/openid"
        self.OAUTH_URL = teams.url
        self.TO_CHANNEL_FROM_BOT_LOGIN_URL = f"{teams.url}/{teams.options.tenant_id}"
        self.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE = "https://api.botframework.com"


@pytest_asyncio.fixture
async def scene() -> AsyncIterator[Scene]:
    """The service has a loop of its own, because botframework fetches keys with a blocking call."""
    teams = Teams(TeamsOptions(), now=Moment().now, wall=SystemClock().now)
    with serving_beside(teams) as url:
        async with driving(url) as driver, listening() as bot:
            await driver.setup(PEOPLE)
            await driver.bot_at(bot.url)
            yield Scene(teams, driver, bot)


async def test_a_good_token_passes_botframeworks_own_check(scene: Scene) -> None:
    claims = await scene.check("good")
    assert claims["aud"] == scene.teams.options.app_id
    assert claims["serviceurl"] == scene.teams.service_url


@pytest.mark.parametrize("proof", REFUSED)
async def test_botframework_refuses_a_forged_token(scene: Scene, proof: Proof) -> None:
    # Every kind of exception counts as a refusal: botframework has no single one for it.
    with pytest.raises(Exception):  # noqa: B017, PT011
        await scene.check(proof)


async def test_a_key_that_names_no_channel_slips_through_botframework(scene: Scene) -> None:
    assert (await scene.check("no_endorsement"))["iss"] == ISSUER


async def test_without_proof_there_is_no_header(here: Town) -> None:
    await here.driver.write("dana", "status", proof="none")
    assert here.bot.headers == [None]


async def test_the_confused_token_is_signed_with_the_public_key_as_secret(here: Town) -> None:
    await here.driver.write("dana", "status", proof="hs256")
    head = jwt.get_unverified_header(str(here.bot.headers[-1]).removeprefix("Bearer "))
    assert head["alg"] == "HS256"


async def test_the_wrong_channel_is_signed_well_and_names_another_channel(here: Town) -> None:
    await here.driver.write("dana", "status", proof="wrong_channel")
    assert here.bot.heard[-1]["channelId"] == "webchat"
