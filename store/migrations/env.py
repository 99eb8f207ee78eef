"""Alembic's entry: runs the migrations on the connection that `store/migrate.py` opened."""

from __future__ import annotations

from alembic import context

from store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,  # SQLite can, though Alembic does not assume it: whole or not at all
)
with context.begin_transaction():
    context.run_migrations()
