"""Strong motion of stations."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

NUMBERS = ("pga_m_s2", "pgv_m_s", "jma_intensity", "intensity", "above_s", "pd_m", "tau_c_s")


def upgrade() -> None:
    """A table of its own: each time that a motion was told is a row."""
    op.create_table(
        "motions",
        sa.Column("station", sa.String(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("start_ns", "issued_ns", "until_ns")),
        sa.Column("channels", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.Double()) for name in NUMBERS),
        sa.Column("agreeing", sa.Boolean()),
        sa.Column("pick_id", sa.String(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("station", "start_ns", "issued_ns", "until_ns"),
    )
    op.create_index("ix_motions_issued_ns", "motions", ["issued_ns"])


def downgrade() -> None:
    """Without it again."""
    op.drop_table("motions")
