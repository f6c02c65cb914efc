"""An alert's magnitude that is a lower bound is told as one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add a column; older alerts are taken to have told the magnitude itself."""
    with op.batch_alter_table("alerts") as table:
        table.add_column(sa.Column("at_least", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Remove the column."""
    with op.batch_alter_table("alerts") as table:
        table.drop_column("at_least")
