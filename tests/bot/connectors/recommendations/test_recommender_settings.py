"""The settings of recommenders: every mistake at once, no secret anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app import readers
from bot.settings import BadSettings, load_settings

SECRET = "a-secret-of-some-length"
GOOD = f'tenant = "contoso"\nsource = "urn:acme"\nsecret = "{SECRET}"\n'


def written(folder: Path, text: str) -> dict[str, str]:
    path = folder / "rm.toml"
    path.write_text(text)
    return {"RINGMASTER_CONFIG": str(path)}


def test_a_recommender_comes_from_the_file_and_hides_its_secret(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, f"[recommender.acme-ai]\n{GOOD}"))

    (config,) = settings.recommender
    assert (config.name, config.tenant, config.source) == ("acme-ai", "contoso", "urn:acme")
    assert SECRET not in repr(settings)


def test_all_mistakes_are_listed_and_no_wrong_value_is_repeated(tmp_path: Path) -> None:
    text = (
        f'[recommender.a]\n{GOOD}\n[recommender.b]\n{GOOD}\n[recommender."Big Name"]\n'
        'tenant = "house"\nsource = ""\nsecret = "hush"\n[recommender.c]\ntenant = "contoso"\n'
    )
    with pytest.raises(BadSettings) as caught:
        load_settings(written(tmp_path, text))

    assert [line.split("rm.toml: ")[1] for line in caught.value.mistakes] == [
        "recommender.b.secret: a has the same one; each needs its own",
        "recommender.Big Name.name: small letters, digits and -, at most 40",
        "recommender.Big Name.tenant: the short name of a client",
        "recommender.Big Name.secret: at least 16 characters",
        "recommender.Big Name.source: the CloudEvents source, at most 200 characters",
        "recommender.c.secret: missing",
        "recommender.c.source: missing",
    ]


def test_each_client_has_one_reader_for_all_its_recommenders(tmp_path: Path) -> None:
    other = GOOD.replace(SECRET, SECRET + "-2")
    text = f"[recommender.a]\n{GOOD}\n[recommender.b]\n{other}\n"

    found = readers(load_settings(written(tmp_path, text)))

    assert list(found) == [("contoso", "recommendations")]


def test_no_two_clients_share_a_secret(tmp_path: Path) -> None:
    text = f"[recommender.a]\n{GOOD}\n[recommender.b]\n{GOOD.replace('contoso', 'quagga')}"

    with pytest.raises(BadSettings, match="each needs its own"):
        load_settings(written(tmp_path, text))
