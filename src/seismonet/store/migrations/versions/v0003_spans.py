"""For how long was listened, so that what was found can be told a day."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add a table; of what was stored before it is not known."""
    op.create_table(
        "spans",
        sa.Column("begin_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("begin_ns"),
    )


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("spans")
