"""Brings a tenant's file to the present schema; doing it twice is doing it once."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config

from store.dialect import open_engine, translated
from store.errors import TenantUnknown
from store.files import Lock, tenant_names, tenant_path

SCRIPTS: Final = Path(__file__).parent / "migrations"


def upgrade(path: Path) -> None:
    """All missing migrations of one file, in one transaction."""
    if not path.exists():
        raise TenantUnknown(f"There is no file {path}.")
    engine = open_engine(path)
    try:
        with translated(path), engine.begin() as connection:
            command.upgrade(_config(connection), "head")
    finally:
        engine.dispose()


def upgrade_all(data_dir: Path) -> list[str]:
    """Every tenant of a data directory, under its lock; returns their names."""
    lock = Lock(data_dir)
    try:
        names = tenant_names(data_dir)
        for tenant in names:
            upgrade(tenant_path(data_dir, tenant))
        return names
    finally:
        lock.release()


def _config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
