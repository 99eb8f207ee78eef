"""The settings of GitHub webhooks: every mistake at once, no secret anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import BadSettings, load_settings

SECRET = "a-secret-of-some-length"


def written(folder: Path, text: str) -> dict[str, str]:
    config = folder / "rm.toml"
    config.write_text(text)
    return {"RINGMASTER_CONFIG": str(config)}


def test_a_webhook_comes_from_the_file_with_its_defaults_and_hides_its_secret(tmp_path: Path) -> None:
    env = written(tmp_path, f'[github.main]\ntenant = "contoso"\nsecret = "{SECRET}"\n')

    (config,) = load_settings(env).github

    assert (config.name, config.tenant, config.secret) == ("main", "contoso", SECRET)
    assert (config.production, config.repositories) == (("production",), ())
    assert SECRET not in repr(load_settings(env))


def test_all_mistakes_are_listed_and_no_wrong_value_is_repeated(tmp_path: Path) -> None:
    env = written(
        tmp_path,
        '[github.a]\ntenant = "house"\nsecret = "short"\nproduction = [""]\nrepositories = ["no slash"]\n'
        '[github.b]\nsecrett = "hush"\nproduction = "production"\n'
        f'[github.c]\ntenant = "contoso"\nsecret = "{SECRET}"\n'
        f'[github.d]\ntenant = "contoso"\nsecret = "{SECRET}"\n',
    )

    with pytest.raises(BadSettings) as caught:
        load_settings(env)

    assert [line.split("rm.toml: ")[1] for line in caught.value.mistakes] == [
        "github.a.tenant: the short name of a client",
        "github.a.secret: at least 16 characters",
        "github.a.production: names of environments, none of them empty",
        "github.a.repositories: names such as owner/name",
        "github.b.secrett: unknown; known are name, production, repositories, secret, tenant",
        "github.b.tenant: missing",
        "github.b.secret: missing",
        "github.b.production: must be a list of texts",
        "github.d.tenant: c is this client's already; one each",
    ]


def test_something_else_than_a_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as caught:
        load_settings(written(tmp_path, "github = 5\n"))

    assert caught.value.mistakes[0].endswith("github: must be a table")


@pytest.mark.parametrize(
    ("listed", "listens"), [((), True), (("Acme/Shop",), True), (("acme/other",), False)]
)
def test_repositories_are_compared_without_capitals(
    tmp_path: Path, listed: tuple[str, ...], listens: bool
) -> None:
    names = ", ".join(f'"{name}"' for name in listed)
    env = written(
        tmp_path, f'[github.main]\ntenant = "contoso"\nsecret = "{SECRET}"\nrepositories = [{names}]\n'
    )

    (config,) = load_settings(env).github

    assert config.listens_to("acme/shop") is listens
    assert config.is_production("Production")


def test_no_two_clients_share_a_secret(tmp_path: Path) -> None:
    text = "".join(
        f'[github.{name}]\ntenant = "{name}"\nsecret = "{SECRET}"\n' for name in ("acorn", "birch")
    )

    with pytest.raises(BadSettings, match="each needs its own"):
        load_settings(written(tmp_path, text))
