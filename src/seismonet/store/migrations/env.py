"""Run by alembic: revisions on the connection that the catalogue has opened."""

from alembic import context

from seismonet.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
