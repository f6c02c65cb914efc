"""The first catalogue: stations, picks, events and what they own, alerts, statuses."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "channels",
        sa.Column("nslc", sa.String(), nullable=False),
        sa.Column("start_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_ns", sa.BigInteger(), nullable=False),
        sa.Column("latitude", sa.Double()),
        sa.Column("longitude", sa.Double()),
        sa.Column("elevation_m", sa.Double()),
        sa.Column("depth_m", sa.Double()),
        sa.Column("azimuth_deg", sa.Double()),
        sa.Column("dip_deg", sa.Double()),
        sa.Column("rate_hz", sa.Double()),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("sensitivity", sa.Double()),
        sa.Column("clip_counts", sa.Double()),
        sa.Column("sensor", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("nslc", "start_ns"),
    )
    op.create_table(
        "network_statuses",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("time_ns", sa.BigInteger(), nullable=False),
        sa.Column("contributing", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_network_statuses_time_ns", "network_statuses", ["time_ns"])
    op.create_table(
        "picks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("nslc", sa.String(), nullable=False),
        sa.Column("time_ns", sa.BigInteger(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("uncertainty_s", sa.Double()),
        sa.Column("snr", sa.Double()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("first_issued_ns", sa.BigInteger(), nullable=False),
        sa.Column("issued_ns", sa.BigInteger(), nullable=False),
        sa.Column("detector", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_picks_time_ns", "picks", ["time_ns"])
    op.create_table(
        "stations",
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("start_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_ns", sa.BigInteger(), nullable=False),
        sa.Column("latitude", sa.Double()),
        sa.Column("longitude", sa.Double()),
        sa.Column("elevation_m", sa.Double()),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("network", "code", "start_ns"),
    )
    op.create_table(
        "alerts",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("issued_ns", sa.BigInteger(), nullable=False),
        sa.Column("origin_time_ns", sa.BigInteger(), nullable=False),
        sa.Column("latitude", sa.Double()),
        sa.Column("longitude", sa.Double()),
        sa.Column("depth_km", sa.Double()),
        sa.Column("magnitude", sa.Double()),
        sa.Column("magnitude_type", sa.String()),
        sa.Column("station_codes", sa.JSON(), nullable=False),
        sa.Column("horizontal_uncertainty_km", sa.Double()),
        sa.Column("network_status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "version"),
        sa.ForeignKeyConstraint(["network_status"], ["network_statuses.id"]),
    )
    op.create_index("ix_alerts_issued_ns", "alerts", ["issued_ns"])
    op.create_index("ix_alerts_network_status", "alerts", ["network_status"])
    op.create_table(
        "events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("issued_ns", sa.BigInteger(), nullable=False),
        sa.Column("network_status", sa.String(), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version"),
        sa.ForeignKeyConstraint(["network_status"], ["network_statuses.id"]),
    )
    op.create_index("ix_events_network_status", "events", ["network_status"])
    op.create_table(
        "station_statuses",
        sa.Column("status_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("station", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("can_contribute", sa.Boolean(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("status_id", "position"),
        sa.ForeignKeyConstraint(["status_id"], ["network_statuses.id"], ondelete="CASCADE"),
    )
    op.create_table(
        "arrivals",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("pick_id", sa.String(), nullable=False),
        sa.Column("nslc", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("distance_km", sa.Double()),
        sa.Column("azimuth_deg", sa.Double()),
        sa.Column("residual_s", sa.Double()),
        sa.Column("weight", sa.Double()),
        sa.PrimaryKeyConstraint("event_id", "version", "position"),
        sa.ForeignKeyConstraint(["event_id", "version"], ["events.id", "events.version"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pick_id"], ["picks.id"]),
    )
    op.create_index("ix_arrivals_pick_id", "arrivals", ["pick_id"])
    op.create_table(
        "magnitudes",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("uncertainty", sa.Double()),
        sa.PrimaryKeyConstraint("event_id", "version"),
        sa.ForeignKeyConstraint(["event_id", "version"], ["events.id", "events.version"], ondelete="CASCADE"),
    )
    op.create_table(
        "origins",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("time_ns", sa.BigInteger(), nullable=False),
        sa.Column("latitude", sa.Double()),
        sa.Column("longitude", sa.Double()),
        sa.Column("depth_km", sa.Double()),
        sa.Column("time_uncertainty_s", sa.Double()),
        sa.Column("horizontal_uncertainty_km", sa.Double()),
        sa.Column("depth_uncertainty_km", sa.Double()),
        sa.Column("rms_s", sa.Double()),
        sa.Column("azimuthal_gap_deg", sa.Double()),
        sa.Column("minimum_distance_km", sa.Double()),
        sa.Column("model", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "version"),
        sa.ForeignKeyConstraint(["event_id", "version"], ["events.id", "events.version"], ondelete="CASCADE"),
    )
    op.create_index("ix_origins_time_ns", "origins", ["time_ns"])
    op.create_table(
        "station_magnitudes",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("pick_id", sa.String(), nullable=False),
        sa.Column("nslc", sa.String(), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("pd_m", sa.Double()),
        sa.Column("window_s", sa.Double()),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "version", "position"),
        sa.ForeignKeyConstraint(["event_id", "version"], ["events.id", "events.version"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pick_id"], ["picks.id"]),
    )
    op.create_index("ix_station_magnitudes_pick_id", "station_magnitudes", ["pick_id"])


def downgrade() -> None:
    """Drop all tables."""
    for name in (
        "station_magnitudes",
        "origins",
        "magnitudes",
        "arrivals",
        "station_statuses",
        "events",
        "alerts",
        "stations",
        "picks",
        "network_statuses",
        "channels",
    ):
        op.drop_table(name)
