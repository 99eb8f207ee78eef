"""Settings: every mistake is found before anything starts, and named with what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import BadSettings, load_settings


def mistakes(**environment: str) -> list[str]:
    with pytest.raises(BadSettings) as caught:
        load_settings(environment)
    return caught.value.mistakes


def test_defaults_are_loopback_and_keys_beside_the_data() -> None:
    settings = load_settings({})

    assert (settings.host, settings.port, settings.console_port) == ("127.0.0.1", 3978, 3979)
    assert str(settings.key_file) == "data.keys"


def test_the_key_file_follows_the_data_directory_unless_it_is_set() -> None:
    moved = load_settings({"RINGMASTER_DATA_DIR": "/srv/rm/"})
    apart = load_settings({"RINGMASTER_DATA_DIR": "/srv/rm", "RINGMASTER_KEY_FILE": "/etc/rm.keys"})

    assert str(moved.key_file) == "/srv/rm.keys"
    assert str(apart.key_file) == "/etc/rm.keys"


def test_all_mistakes_are_listed_at_once(tmp_path: Path) -> None:
    config = tmp_path / "rm.toml"
    config.write_text('tick_seconds = 0\ncolour = "red"\npublic_url = "http://x"\n')

    found = "\n".join(mistakes(RINGMASTER_CONFIG=str(config), RINGMASTER_PORT="many", RINGMASTER_PROT="1"))

    for part in ("colour: unknown", "RINGMASTER_PORT: port", "RINGMASTER_PROT: unknown"):
        assert part in found


def test_no_mistake_hides_another_and_no_wrong_value_is_repeated(tmp_path: Path) -> None:
    config = tmp_path / "rm.toml"
    config.write_text(
        "console_port = 99999\nregion = 5\n"
        '[caps]\ndevices_per_hour = "lots"\nfoo = 1\nreboots_per_hour = []\n'
        '[ninjaone.main]\nbase_url = "ftp://x"\nclient_idd = "a"\npoll_seconds = 0\n'
        'client_secret = ["hush"]\n'
        "[ninjaone.two]\n"
    )

    found = mistakes(RINGMASTER_CONFIG=str(config))

    assert [line.removeprefix(f"{config}: ") for line in found] == [
        "region: must be text",
        "caps.foo: unknown; known are devices_per_hour, reboots_per_hour",
        "caps.devices_per_hour: must be a whole number",
        "caps.reboots_per_hour: must be a whole number",
        "ninjaone.main.client_idd: unknown; known are account, base_url, client_id, client_secret, "
        "install_script, poll_seconds, uninstall_script, webhook_secret",
        "ninjaone.main.client_id: missing",
        "ninjaone.main.client_secret: must be text",
        "ninjaone.main.base_url: must start with https:// (http only for this machine)",
        "ninjaone.main.poll_seconds: 1 or more",
        "ninjaone.two.base_url: missing",
        "ninjaone.two.client_id: missing",
        "console_port: 0 to 65535",
    ]


def test_values_that_cannot_work_are_named_with_what_is_allowed(tmp_path: Path) -> None:
    found = "\n".join(
        mistakes(
            RINGMASTER_PORT="70000",
            RINGMASTER_PUBLIC_URL="http://bot.example.test",
            RINGMASTER_TICK_SECONDS="0",
            RINGMASTER_DATABASE_URL="postgresql://x",
            RINGMASTER_DATA_DIR=str(tmp_path),
            RINGMASTER_KEY_FILE=str(tmp_path / "keys"),
        )
    )

    for part in ("0 to 65535", "https://", "tick_seconds", "only SQLite", "outside data_dir"):
        assert part in found


def test_a_file_that_is_missing_or_no_toml_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "b.toml"
    broken.write_text("= 3")

    assert "cannot be read" in mistakes(RINGMASTER_CONFIG=str(tmp_path / "none.toml"))[0]
    assert "is not TOML" in mistakes(RINGMASTER_CONFIG=str(broken))[0]


def test_vendor_accounts_come_from_the_file_and_never_show_their_secret(tmp_path: Path) -> None:
    config = tmp_path / "rm.toml"
    config.write_text(
        '[ninjaone.main]\nbase_url = "https://eu.ninjarmm.com"\nclient_id = "a"\nclient_secret = "hush"\n'
    )

    settings = load_settings({"RINGMASTER_CONFIG": str(config)})

    assert settings.ninjaone[0].client_secret == "hush"
    assert "hush" not in repr(settings)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    config = tmp_path / "rm.toml"
    config.write_text("port = 5000\n")

    settings = load_settings({"RINGMASTER_CONFIG": str(config), "RINGMASTER_PORT": "6000"})

    assert settings.port == 6000


def test_slack_is_there_when_token_and_secret_are_and_neither_ever_shows() -> None:
    env = {
        "SLACK_BOT_TOKEN": "xoxb-tok",
        "SLACK_SIGNING_SECRET": "shh",
        "SLACK_API_URL": "http://127.0.0.1:1/api/",
    }
    settings = load_settings(env)

    assert settings.slack is not None
    assert settings.slack.api_url == "http://127.0.0.1:1/api/"
    assert "xoxb-tok" not in repr(settings)
    assert "shh" not in repr(settings)
    assert load_settings({}).slack is None


@pytest.mark.parametrize(
    ("env", "mistake"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-tok"}, "slack.signing_secret: missing"),
        (
            {"SLACK_BOT_TOKEN": "t", "SLACK_SIGNING_SECRET": "s", "SLACK_API_URL": "http://elsewhere/api/"},
            "slack.api_url: must start with https://",
        ),
        ({"MICROSOFT_APP_TYPE": "Anything"}, "teams.app_type: must be SingleTenant or MultiTenant"),
        ({"MICROSOFT_APP_ID": "app"}, "teams.app_tenant_id: missing; it says whose accounts may decide"),
        ({"MICROSOFT_APP_PASSWORD": "secret-word"}, "teams app_password needs an app_id"),
    ],
)
def test_half_a_chat_platform_is_a_mistake_and_not_a_guess(env: dict[str, str], mistake: str) -> None:
    with pytest.raises(BadSettings) as bad:
        load_settings(env)

    assert mistake in str(bad.value)
    assert "secret-word" not in str(bad.value)


def test_a_bot_of_many_tenants_needs_no_tenant_of_its_own() -> None:
    env = {"MICROSOFT_APP_ID": "app", "MICROSOFT_APP_TYPE": "MultiTenant"}

    assert load_settings(env).teams.app_id == "app"
