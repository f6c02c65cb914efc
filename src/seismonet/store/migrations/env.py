"""Run by alembic: revisions on the connection that the catalogue has opened. Merely imported, it does nothing."""

from alembic import context

from seismonet.store.schema import metadata


def run() -> None:
    """Bring the database up, in the transaction that the connection is in."""
    context.configure(
        connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
    )
    with context.begin_transaction():
        context.run_migrations()


if hasattr(context, "config"):  # alembic puts it there while it runs this file
    run()
