"""What was measured of every channel: rollups of ten minutes, metrics of days, spectra of hours."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

SAMPLES = ("mean", "m2", "minimum", "maximum", "max_range", "max_stalta")
COUNTS = ("spikes", "flat", "clipped", "gaps")
RECORDS = ("records", "overlaps", "timed", "timing", "flagged")
FLAGS = (
    *("calibration_signal", "timing_correction", "event_begin", "event_end", "event_in_progress", "clock_locked"),
    *("amplifier_saturation", "digitizer_clipping", "spikes", "glitches", "missing_padded_data"),
    *("telemetry_sync_error", "digital_filter_charging", "suspect_time_tag"),
)
RECEIPTS = ("latency_s", "latency_longest_s", "held_s", "silence_longest_s", "feed_s2", "total_s2")
TABLES = ("sample_rollups", "record_rollups", "receipt_rollups", "metrics", "spectra")


def _whole(*names: str) -> list["sa.Column[int]"]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _numbers(*names: str) -> list["sa.Column[float]"]:
    return [sa.Column(name, sa.Double()) for name in names]


def _rollups(name: str, *columns: "sa.Column[int] | sa.Column[float]") -> None:
    name_column = sa.Column("nslc", sa.String(), nullable=False)
    op.create_table(name, name_column, *_whole("start_ns"), *columns, sa.PrimaryKeyConstraint("nslc", "start_ns"))


def upgrade() -> None:
    """Add tables; of what was received before nothing is measured."""
    _rollups(
        "sample_rollups", *_numbers("rate_hz"), *_whole("samples"), *_numbers(*SAMPLES), *_whole(*COUNTS),
        *_numbers("gap_longest_s", "gap_total_s"),
    )  # fmt: skip
    _rollups("record_rollups", *_whole(*RECORDS), *_numbers("overlap_longest_s"), *_whole(*FLAGS))
    _rollups("receipt_rollups", *_whole("receipts"), *_numbers(*RECEIPTS))
    op.create_table(
        "metrics",
        sa.Column("nslc", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        *_whole("start_ns", "end_ns"),
        *_numbers("value"),
        sa.PrimaryKeyConstraint("nslc", "name", "start_ns"),
    )
    op.create_table(
        "spectra",
        sa.Column("nslc", sa.String(), nullable=False),
        *_whole("start_ns"),
        *_numbers("rate_hz"),
        sa.Column("centibels", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("nslc", "start_ns"),
    )


def downgrade() -> None:
    """Without them again."""
    for name in TABLES:
        op.drop_table(name)
