"""Making a tenant's file, and refusing one that another version of this program made."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect

from store.dialect import open_engine, triggers
from store.errors import SchemaOutdated
from store.ledger import FIRST_PREV
from store.tables import FOLD, FOLD_VERSION, HEAD, METADATA, SCHEMA_REVISION

VERSION_TABLE: Final = "alembic_version"


def write_fresh(path: Path, tenant: str) -> None:
    """A new file with the newest schema: the same as all migrations give (a test holds that), but at once."""
    engine = open_engine(path, mode="rwc")
    try:
        with engine.begin() as connection:
            METADATA.create_all(connection)
            for trigger in triggers():
                connection.exec_driver_sql(trigger)
            _stamp(connection)
            connection.execute(FOLD.insert(), {"tenant_id": tenant, "version": FOLD_VERSION})
            first = {"tenant_id": tenant, "size": 0, "head": FIRST_PREV, "frontier": b"", "recorded_at": None}
            connection.execute(HEAD.insert(), first)
    finally:
        engine.dispose()


def refuse_other_schema(engine: Engine, path: Path) -> None:
    """One sentence instead of a strange error later."""
    found = revision_of(engine)
    if found != SCHEMA_REVISION:
        raise SchemaOutdated(
            f"{path.name} has schema {found or 'none'}, this program needs {SCHEMA_REVISION}: "
            "run `python -m bot migrate` first."
        )


def revision_of(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table(VERSION_TABLE):
            return None
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()  # one row
        return None if found is None else str(found)


def _stamp(connection: Connection) -> None:
    connection.exec_driver_sql(
        f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql("INSERT INTO alembic_version (version_num) VALUES (?)", (SCHEMA_REVISION,))
