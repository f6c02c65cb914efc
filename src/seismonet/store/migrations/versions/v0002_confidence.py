"""How sure: confidence of a location, probabilities of a magnitude, what a pick knows, triggers that were refused."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ADDED = {
    "picks": (
        "polarity", "backazimuth_deg", "backazimuth_uncertainty_deg", "incidence_deg", "rectilinearity", "trust",
        "p_pick_id", "hint",
    ),
    "events": ("state", "reason"),
    "magnitudes": ("at_least", "probabilities", "period_check"),
    "station_magnitudes": ("type", "wood_anderson_m"),
}  # fmt: skip


def upgrade() -> None:
    """Add columns and tables. What was stored before counts as trusted and confirmed; of the rest nothing is known."""
    op.add_column("picks", sa.Column("polarity", sa.String(), nullable=False, server_default=""))
    for name in ("backazimuth_deg", "backazimuth_uncertainty_deg", "incidence_deg", "rectilinearity"):
        op.add_column("picks", sa.Column(name, sa.Double()))
    op.add_column("picks", sa.Column("trust", sa.Double(), server_default="1"))
    op.add_column("picks", sa.Column("p_pick_id", sa.String(), nullable=False, server_default=""))
    op.add_column("picks", sa.Column("hint", sa.String(), nullable=False, server_default=""))
    op.add_column("events", sa.Column("state", sa.String(), nullable=False, server_default="confirmed"))
    op.add_column("events", sa.Column("reason", sa.String(), nullable=False, server_default=""))
    op.add_column("magnitudes", sa.Column("at_least", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("magnitudes", sa.Column("probabilities", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("magnitudes", sa.Column("period_check", sa.String(), nullable=False, server_default=""))
    op.add_column("station_magnitudes", sa.Column("type", sa.String(), nullable=False, server_default="Mpd"))
    op.add_column("station_magnitudes", sa.Column("wood_anderson_m", sa.Double(), server_default="0"))
    op.create_table(
        "rejections",
        sa.Column("pick_id", sa.String(), nullable=False),
        sa.Column("nslc", sa.String(), nullable=False),
        sa.Column("time_ns", sa.BigInteger(), nullable=False),
        sa.Column("issued_ns", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("pick_id"),
    )
    op.create_index("ix_rejections_time_ns", "rejections", ["time_ns"])
    op.create_table(
        "confidences",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("radius_50_km", sa.Double()),
        sa.Column("radius_90_km", sa.Double()),
        sa.Column("major_km", sa.Double()),
        sa.Column("minor_km", sa.Double()),
        sa.Column("azimuth_deg", sa.Double()),
        sa.Column("depth_low_km", sa.Double()),
        sa.Column("depth_high_km", sa.Double()),
        sa.Column("probability_shallow", sa.Double()),
        sa.Column("probability_deep", sa.Double()),
        sa.Column("quality", sa.String(), nullable=False),
        sa.Column("depth_class", sa.String(), nullable=False),
        sa.Column("deaf", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "version"),
        sa.ForeignKeyConstraint(["event_id", "version"], ["events.id", "events.version"], ondelete="CASCADE"),
    )
    op.create_table(
        "places",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("latitude", sa.Double()),
        sa.Column("longitude", sa.Double()),
        sa.Column("depth_km", sa.Double()),
        sa.Column("probability", sa.Double()),
        sa.PrimaryKeyConstraint("event_id", "version", "position"),
        sa.ForeignKeyConstraint(["event_id", "version"], ["events.id", "events.version"], ondelete="CASCADE"),
    )


def downgrade() -> None:
    """Take them away again."""
    for name in ("places", "confidences", "rejections"):
        op.drop_table(name)
    for table, columns in ADDED.items():
        for column in columns:
            op.drop_column(table, column)
