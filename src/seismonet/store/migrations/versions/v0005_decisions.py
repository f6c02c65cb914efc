"""One chain of alerts for each audience, with all that it says; decisions, those not to tell too."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

UP = """
INSERT INTO alerts (event_id, audience, version, kind, issued_ns, origin_time_ns, latitude, longitude, depth_km,
    magnitude, magnitude_type, at_least, station_codes, horizontal_uncertainty_km, network_status, reason)
SELECT event_id, 'operator', version, kind, issued_ns, origin_time_ns, latitude, longitude, depth_km,
    magnitude, magnitude_type, at_least, station_codes, horizontal_uncertainty_km, network_status, reason
FROM alerts_before
"""
DOWN = """
INSERT INTO alerts (event_id, version, kind, issued_ns, origin_time_ns, latitude, longitude, depth_km,
    magnitude, magnitude_type, at_least, station_codes, horizontal_uncertainty_km, network_status, reason)
SELECT event_id, version, kind, issued_ns, origin_time_ns, latitude, longitude, depth_km,
    magnitude, magnitude_type, at_least, station_codes, horizontal_uncertainty_km, network_status, reason
FROM alerts_before WHERE audience = 'operator'
"""
INDEXED = ("issued_ns", "network_status")


def upgrade() -> None:
    """Alerts of before were for operators; the key of a table cannot be changed everywhere, so it is made anew."""
    _make_alerts(
        [
            sa.Column("audience", sa.String(), nullable=False),
            sa.Column("basis", sa.String(), nullable=False, server_default="network"),
            sa.Column("state", sa.String(), nullable=False, server_default="confirmed"),
            sa.Column("likelihood", sa.Double(), server_default="1"),
            sa.Column("magnitude_uncertainty", sa.Double()),
            sa.Column("depth_uncertainty_km", sa.Double()),
            sa.Column("time_uncertainty_s", sa.Double()),
            sa.Column("probability_shallow", sa.Double()),
            sa.Column("probability_deep", sa.Double()),
            sa.Column("second_mode", sa.JSON()),
            sa.Column("shaking", sa.JSON(), nullable=False, server_default="[]"),
            sa.Column("missing", sa.JSON(), nullable=False, server_default="[]"),
            sa.Column("expires_ns", sa.BigInteger(), nullable=False, server_default="0"),
            sa.Column("event_version", sa.Integer(), nullable=False, server_default="-1"),
            sa.Column("source_event_id", sa.String(), nullable=False, server_default=""),
        ],
        ("event_id", "audience", "version"),
        UP,
    )
    op.create_index("ix_alerts_source_event_id", "alerts", ["source_event_id"])
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("issued_ns", sa.BigInteger(), nullable=False),
        sa.Column("network_status", sa.String(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer()),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["network_status"], ["network_statuses.id"]),
    )
    for name in ("event_id", *INDEXED):
        op.create_index(f"ix_decisions_{name}", "decisions", [name])


def downgrade() -> None:
    """What operators were told stays."""
    op.drop_table("decisions")
    op.drop_index("ix_alerts_source_event_id", "alerts")
    _make_alerts([], ("event_id", "version"), DOWN)


def _make_alerts(more: list["sa.Column[object]"], key: tuple[str, ...], taken_over: str) -> None:
    """The table with other columns and another key; ``taken_over`` fills it from the one of before."""
    for name in INDEXED:
        op.drop_index(f"ix_alerts_{name}", "alerts")
    op.rename_table("alerts", "alerts_before")
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
        sa.Column("at_least", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("station_codes", sa.JSON(), nullable=False),
        sa.Column("horizontal_uncertainty_km", sa.Double()),
        sa.Column("network_status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        *more,
        sa.PrimaryKeyConstraint(*key, name=f"pk_alerts_{len(key)}"),
        sa.ForeignKeyConstraint(["network_status"], ["network_statuses.id"], name=f"fk_alerts_status_{len(key)}"),
    )
    op.execute(taken_over)
    op.drop_table("alerts_before")
    for name in INDEXED:
        op.create_index(f"ix_alerts_{name}", "alerts", [name])
