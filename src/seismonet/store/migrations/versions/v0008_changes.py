"""Changes of the states of channels, stations and the network."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """A table of its own; what happened before is not known."""
    op.create_table(
        "state_changes",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("time_ns", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", "time_ns"),
    )
    op.create_index("ix_state_changes_time_ns", "state_changes", ["time_ns"])


def downgrade() -> None:
    """Without it again."""
    op.drop_table("state_changes")
