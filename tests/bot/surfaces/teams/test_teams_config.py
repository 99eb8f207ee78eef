"""What an administrator may say, and that the SDK stays out of houses without Teams."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from botframework.connector.auth import AuthenticationConstants

from bot.surfaces.teams.config import BadTeamsConfig, TeamsConfig, may_be_called, on_this_machine


def test_the_public_clouds_values_are_the_sdks() -> None:
    config = TeamsConfig()
    assert config.issuer == AuthenticationConstants.TO_BOT_FROM_CHANNEL_TOKEN_ISSUER
    assert config.openid_url == AuthenticationConstants.TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL
    assert f"{config.login_url}/" == AuthenticationConstants.TO_CHANNEL_FROM_BOT_LOGIN_URL_PREFIX
    assert config.scope == AuthenticationConstants.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE


@pytest.mark.parametrize(
    "wrong",
    [
        {"app_password": "secret"},
        {"login_url": "http://login.example"},
        {"openid_url": "ftp://login.example"},
        {"login_url": ""},
    ],
)
def test_what_cannot_work_is_said_without_the_secret(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadTeamsConfig) as bad:
        TeamsConfig(**wrong)
    assert "secret" not in str(bad.value)


@pytest.mark.parametrize(
    ("url", "callable", "here"),
    [
        ("https://smba.trafficmanager.net/emea/", True, False),
        ("http://127.0.0.1:3978/emea/", True, True),
        ("http://localhost:56150/_connector", True, True),
        ("http://[::1]:8080/", True, True),
        ("http://smba.example/", False, False),
        ("https://user:pass@smba.example/", False, False),
        ("https://smba.example/?a=b", False, False),
        ("https://smba.example:99999/", False, False),
        ("//smba.example/", False, False),
        ("", False, False),
    ],
)
def test_only_https_is_called_and_http_on_this_machine(url: str, callable: bool, here: bool) -> None:
    assert (may_be_called(url), on_this_machine(url)) == (callable, here)


def test_the_sdk_is_loaded_only_when_a_bot_is_built() -> None:
    script = (
        "import sys, bot.surfaces.teams.app, bot.surfaces.teams.config\n"
        "print([name for name in sys.modules if name.startswith(('botbuilder', 'botframework', 'msrest'))])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
