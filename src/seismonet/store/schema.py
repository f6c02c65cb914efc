"""The tables of the catalogue.

Times are int64 nanoseconds UTC; quantities carry their unit in the column's name; a number that is not known is NULL.
The text is the same for SQLite and PostgreSQL. A change here needs a revision under ``migrations/versions`` and its
number in ``HEAD``; a test compares the two.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    false,
)

from seismonet.core.rollup import FLAGS

HEAD = "0008"
"""The revision that this code reads and writes."""

metadata = MetaData()

stations = Table(
    "stations",
    metadata,
    Column("network", String, primary_key=True),
    Column("code", String, primary_key=True),
    Column("start_ns", BigInteger, primary_key=True),
    Column("end_ns", BigInteger, nullable=False),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("elevation_m", Double),
    Column("name", String, nullable=False),
)

channels = Table(
    "channels",
    metadata,
    Column("nslc", String, primary_key=True),
    Column("start_ns", BigInteger, primary_key=True),
    Column("end_ns", BigInteger, nullable=False),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("elevation_m", Double),
    Column("depth_m", Double),
    Column("azimuth_deg", Double),
    Column("dip_deg", Double),
    Column("rate_hz", Double),
    Column("quantity", String, nullable=False),
    Column("sensitivity", Double),
    Column("clip_counts", Double),
    Column("sensor", String, nullable=False),
)

picks = Table(
    "picks",
    metadata,
    Column("id", String, primary_key=True),
    Column("nslc", String, nullable=False),
    Column("time_ns", BigInteger, nullable=False, index=True),
    Column("phase", String, nullable=False),
    Column("uncertainty_s", Double),
    Column("snr", Double),
    Column("version", Integer, nullable=False),
    Column("first_issued_ns", BigInteger, nullable=False),
    Column("issued_ns", BigInteger, nullable=False),
    Column("detector", String, nullable=False),
    Column("polarity", String, nullable=False, server_default=""),
    Column("backazimuth_deg", Double),
    Column("backazimuth_uncertainty_deg", Double),
    Column("incidence_deg", Double),
    Column("rectilinearity", Double),
    Column("trust", Double, server_default="1"),
    Column("p_pick_id", String, nullable=False, server_default=""),
    Column("hint", String, nullable=False, server_default=""),
)

rejections = Table(
    "rejections",
    metadata,
    Column("pick_id", String, primary_key=True),
    Column("nslc", String, nullable=False),
    Column("time_ns", BigInteger, nullable=False, index=True),
    Column("issued_ns", BigInteger, nullable=False),
    Column("reason", String, nullable=False),
    Column("detail", String, nullable=False),
)

motions = Table(
    "motions",
    metadata,
    Column("station", String, primary_key=True),
    Column("start_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("issued_ns", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("until_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("channels", JSON, nullable=False),
    Column("pga_m_s2", Double),
    Column("pgv_m_s", Double),
    Column("jma_intensity", Double),
    Column("intensity", Double),
    Column("above_s", Double),
    Column("agreeing", Boolean),
    Column("pd_m", Double),
    Column("tau_c_s", Double),
    Column("pick_id", String, nullable=False),
    Column("final", Boolean, nullable=False),
)

spans = Table(
    "spans",
    metadata,
    Column("begin_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("end_ns", BigInteger, nullable=False),
)

network_statuses = Table(
    "network_statuses",
    metadata,
    Column("id", String, primary_key=True),
    Column("time_ns", BigInteger, nullable=False, index=True),
    Column("contributing", Integer, nullable=False),
    Column("total", Integer, nullable=False),
)

station_statuses = Table(
    "station_statuses",
    metadata,
    Column("status_id", ForeignKey("network_statuses.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("station", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("can_contribute", Boolean, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("channels", JSON, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("issued_ns", BigInteger, nullable=False),
    Column("network_status", ForeignKey("network_statuses.id"), nullable=False, index=True),
    Column("event_type", String, nullable=False),
    Column("state", String, nullable=False, server_default="confirmed"),
    Column("reason", String, nullable=False, server_default=""),
)


def _of_event() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["event_id", "version"], ["events.id", "events.version"], ondelete="CASCADE")


origins = Table(
    "origins",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("time_ns", BigInteger, nullable=False, index=True),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("depth_km", Double),
    Column("time_uncertainty_s", Double),
    Column("horizontal_uncertainty_km", Double),
    Column("depth_uncertainty_km", Double),
    Column("rms_s", Double),
    Column("azimuthal_gap_deg", Double),
    Column("minimum_distance_km", Double),
    Column("model", String, nullable=False),
    _of_event(),
)

confidences = Table(
    "confidences",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("radius_50_km", Double),
    Column("radius_90_km", Double),
    Column("major_km", Double),
    Column("minor_km", Double),
    Column("azimuth_deg", Double),
    Column("depth_low_km", Double),
    Column("depth_high_km", Double),
    Column("probability_shallow", Double),
    Column("probability_deep", Double),
    Column("quality", String, nullable=False),
    Column("depth_class", String, nullable=False),
    Column("deaf", JSON, nullable=False),
    _of_event(),
)

places = Table(
    "places",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("depth_km", Double),
    Column("probability", Double),
    _of_event(),
)

arrivals = Table(
    "arrivals",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("pick_id", ForeignKey("picks.id"), nullable=False, index=True),
    Column("nslc", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("distance_km", Double),
    Column("azimuth_deg", Double),
    Column("residual_s", Double),
    Column("weight", Double),
    _of_event(),
)

magnitudes = Table(
    "magnitudes",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("value", Double),
    Column("type", String, nullable=False),
    Column("uncertainty", Double),
    Column("at_least", Boolean, nullable=False, server_default=false()),
    Column("probabilities", JSON, nullable=False, server_default="[]"),
    Column("period_check", String, nullable=False, server_default=""),
    _of_event(),
)

station_magnitudes = Table(
    "station_magnitudes",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("pick_id", ForeignKey("picks.id"), nullable=False, index=True),
    Column("nslc", String, nullable=False),
    Column("value", Double),
    Column("pd_m", Double),
    Column("window_s", Double),
    Column("used", Boolean, nullable=False),
    Column("type", String, nullable=False, server_default="Mpd"),
    Column("wood_anderson_m", Double, server_default="0"),
    _of_event(),
)

alerts = Table(
    "alerts",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("audience", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("issued_ns", BigInteger, nullable=False, index=True),
    Column("origin_time_ns", BigInteger, nullable=False),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("depth_km", Double),
    Column("magnitude", Double),
    Column("magnitude_type", String),
    Column("at_least", Boolean, nullable=False, server_default=false()),
    Column("station_codes", JSON, nullable=False),
    Column("horizontal_uncertainty_km", Double),
    Column("network_status", ForeignKey("network_statuses.id"), nullable=False, index=True),
    Column("reason", String, nullable=False),
    Column("basis", String, nullable=False, server_default="network"),
    Column("state", String, nullable=False, server_default="confirmed"),
    Column("likelihood", Double, server_default="1"),
    Column("magnitude_uncertainty", Double),
    Column("depth_uncertainty_km", Double),
    Column("time_uncertainty_s", Double),
    Column("probability_shallow", Double),
    Column("probability_deep", Double),
    Column("second_mode", JSON(none_as_null=True)),
    Column("shaking", JSON, nullable=False, server_default="[]"),
    Column("missing", JSON, nullable=False, server_default="[]"),
    Column("expires_ns", BigInteger, nullable=False, server_default="0"),
    Column("event_version", Integer, nullable=False, server_default="-1"),
    Column("source_event_id", String, nullable=False, server_default="", index=True),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", String, primary_key=True),
    Column("event_id", String, nullable=False, index=True),
    Column("audience", String, nullable=False),
    Column("basis", String, nullable=False),
    Column("issued_ns", BigInteger, nullable=False, index=True),
    Column("network_status", ForeignKey("network_statuses.id"), nullable=False, index=True),
    Column("rules", JSON, nullable=False),
    Column("version", Integer),
)


def _rollups(name: str, *columns: Column[Any]) -> Table:
    key = Column("nslc", String, primary_key=True), Column("start_ns", BigInteger, primary_key=True)
    return Table(name, metadata, *key, *columns)


sample_rollups = _rollups(
    "sample_rollups",
    Column("rate_hz", Double),
    Column("samples", BigInteger, nullable=False),
    *(Column(name, Double) for name in ("mean", "m2", "minimum", "maximum", "max_range", "max_stalta")),
    *(Column(name, BigInteger, nullable=False) for name in ("spikes", "flat", "clipped", "gaps")),
    *(Column(name, Double) for name in ("gap_longest_s", "gap_total_s")),
)
record_rollups = _rollups(
    "record_rollups",
    *(Column(name, BigInteger, nullable=False) for name in ("records", "overlaps", "timed", "timing", "flagged")),
    Column("overlap_longest_s", Double),
    *(Column(name, BigInteger, nullable=False) for name in FLAGS),
)
receipt_rollups = _rollups(
    "receipt_rollups",
    Column("receipts", BigInteger, nullable=False),
    *(Column(name, Double) for name in ("latency_s", "latency_longest_s", "held_s", "silence_longest_s")),
    *(Column(name, Double) for name in ("feed_s2", "total_s2")),
)
"""Ten minutes of a channel: of its samples, of its records, of how they were received."""

metrics = Table(
    "metrics",
    metadata,
    Column("nslc", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("start_ns", BigInteger, primary_key=True),
    Column("end_ns", BigInteger, nullable=False),
    Column("value", Double),
)
"""Whole days under MUSTANG's names."""

spectra = Table(
    "spectra",
    metadata,
    Column("nslc", String, primary_key=True),
    Column("start_ns", BigInteger, primary_key=True),
    Column("rate_hz", Double),
    Column("centibels", LargeBinary, nullable=False),
)
"""Hours, half overlapping: hundredths of a dB of counts**2/Hz at the period bins of the rate, little-endian int16."""

state_changes = Table(
    "state_changes",
    metadata,
    Column("name", String, primary_key=True),
    Column("time_ns", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("before", String, nullable=False),
    Column("after", String, nullable=False),
    Column("reasons", JSON, nullable=False),
)
