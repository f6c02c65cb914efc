"""Layered models of the Earth: velocity over depth, built in or of an operator's own making."""

import math
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.errors import ArchiveError, FormatError

END_KM = 800.0
"""The first waves of sources down to 310 km, seen within 1,556 km, turn above this."""
LEAST_KM = 30.0
"""A model that ends above this says nothing of where most earthquakes are."""
FASTEST_KM_S = 15.0
"""Nothing in the Earth is faster (the lowermost mantle has 13.7 km/s): larger numbers are metres a second."""
MAX_BYTES = 2**20
MAX_ROWS = 2000

# Kennett & Engdahl (1991), GJI 105, 429-465
_IASP91 = (
    (0, 5.8, 3.36), (20, 5.8, 3.36), (20, 6.5, 3.75), (35, 6.5, 3.75), (35, 8.04, 4.47), (77.5, 8.045, 4.485),
    (120, 8.05, 4.5), (165, 8.175, 4.509), (210, 8.3, 4.518), (210, 8.3, 4.522), (260, 8.4825, 4.609),
    (310, 8.665, 4.696), (360, 8.8475, 4.783), (410, 9.03, 4.87), (410, 9.36, 5.07), (460, 9.528, 5.176),
    (510, 9.696, 5.282), (560, 9.864, 5.388), (610, 10.032, 5.494), (660, 10.2, 5.6), (660, 10.79, 5.95),
    (710, 10.9229, 6.0797), (760, 11.0558, 6.2095), (809.5, 11.144, 6.2474),
)  # fmt: skip
# Kennett, Engdahl & Buland (1995), GJI 122, 108-124
_AK135 = (
    (0, 5.8, 3.46), (20, 5.8, 3.46), (20, 6.5, 3.85), (35, 6.5, 3.85), (35, 8.04, 4.48), (77.5, 8.045, 4.49),
    (120, 8.05, 4.5), (165, 8.175, 4.509), (210, 8.3, 4.518), (210, 8.3, 4.523), (260, 8.4825, 4.609),
    (310, 8.665, 4.696), (360, 8.8475, 4.783), (410, 9.03, 4.87), (410, 9.36, 5.08), (460, 9.528, 5.186),
    (510, 9.696, 5.292), (560, 9.864, 5.398), (610, 10.032, 5.504), (660, 10.2, 5.61), (660, 10.79, 5.96),
    (710, 10.9229, 6.0897), (760, 11.0558, 6.2095), (809.5, 11.1353, 6.2426),
)  # fmt: skip
# top and bottom in km, Vp there, Vp/Vs there. A Moho at 70 km (Roecker 1982, JGR 87, 945-959), Vp/Vs of the crust
# 1.70 in the southern and central Pamir (Murodov et al. 2022); the mantle between these and ak135, which goes on below.
_PAMIR70 = (
    (0, 10, 5.70, 6.00, 1.70, 1.70), (10, 40, 6.05, 6.30, 1.70, 1.71), (40, 70, 6.50, 6.90, 1.73, 1.74),
    (70, 120, 8.05, 8.10, 1.78, 1.78), (120, 160, 8.10, 8.20, 1.78, 1.78), (160, 210, 8.20, 8.30, 1.78, 1.79),
    (210, 260, 8.30, 8.48, 1.80, 1.80), (260, 310, 8.48, 8.67, 1.80, 1.80), (310, 410, 8.67, 9.03, 1.80, 1.80),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Earth:
    """Velocities of P and S at depths; between two rows they change linearly, at a depth given twice they jump.

    Attributes
    ----------
    name : of the model
    depth_km : (rows,) from 0, never decreasing, to ``END_KM`` at least
    p_km_s, s_km_s : (rows,)

    ValueError for rows that are no such model.

    Examples
    --------
    >>> earth = Earth("halfspace", *np.array([[0.0, 800.0], [6.0, 6.0], [3.5, 3.5]]))
    >>> earth.at("P", 400.0)
    6.0
    """

    name: str
    depth_km: FloatArray
    p_km_s: FloatArray
    s_km_s: FloatArray

    def __post_init__(self) -> None:
        fault = fault_of(self.depth_km, self.p_km_s, self.s_km_s, END_KM)
        if fault is not None:
            raise ValueError(f"{self.name}: row {fault[0]}: {fault[1]}")

    def velocity(self, phase: str) -> FloatArray:
        """(rows,) km/s of phase ``P`` or ``S``."""
        return self.p_km_s if phase == "P" else self.s_km_s

    def at(self, phase: str, depth_km: float) -> float:
        """Velocity in km/s at a depth; at a jump the one below."""
        row = int(np.searchsorted(self.depth_km, depth_km, side="right"))
        part = slice(max(0, row - 1), row + 1)
        return float(np.interp(depth_km, self.depth_km[part], self.velocity(phase)[part]))

    @property
    def digest(self) -> str:
        """Twelve characters that tell this model from every other, whatever it is called."""
        rows = np.stack([self.depth_km, self.p_km_s, self.s_km_s]).astype("<f8")
        return sha256(rows.tobytes()).hexdigest()[:12]


def fault_of(depth_km: FloatArray, p_km_s: FloatArray, s_km_s: FloatArray, least_km: float) -> tuple[int, str] | None:
    """The first row that cannot be part of a model, and why; None for a good model that reaches ``least_km``.

    Deeper than ``END_KM`` only depths have to be in order: the core, where S is none, is never asked for.
    """
    if len(depth_km) == 0:
        return 0, "no depths and velocities"
    if depth_km[0] != 0:
        return 0, f"the first depth is {depth_km[0]:g} km; it should be 0"
    for row, (depth, p, s) in enumerate(zip(depth_km.tolist(), p_km_s.tolist(), s_km_s.tolist(), strict=True)):
        why = "" if depth > END_KM else _fault(depth, p, s)
        if row and depth < depth_km[row - 1]:
            why = f"depth {depth:g} km after {depth_km[row - 1]:g} km; depths should grow, a jump has its depth twice"
        elif row > 1 and depth == depth_km[row - 2]:
            why = f"depth {depth:g} km a third time; a jump has its depth twice"
        if why:
            return row, why
    if depth_km[-1] < least_km:
        return len(depth_km) - 1, f"ends at {depth_km[-1]:g} km; it should reach {least_km:g} km"
    return None


def _fault(depth: float, p: float, s: float) -> str:
    if not all(map(math.isfinite, (depth, p, s))):
        return "a number is missing or not finite"
    if not 0 < p <= FASTEST_KM_S:
        return f"Vp of {p:g} is impossible; velocities are in km/s"
    if not 0 < s < p:
        return f"Vs of {s:g} km/s with Vp of {p:g} km/s; it should be above 0 and below Vp"
    return ""


def _from_rows(name: str, rows: tuple[tuple[float, float, float], ...]) -> Earth:
    return Earth(name, *np.array(rows, dtype=np.float64).T)


def _pamir70() -> Earth:
    rows: list[tuple[float, float, float]] = []
    for top, bottom, p_top, p_bottom, ratio_top, ratio_bottom in _PAMIR70:
        rows += [(top, p_top, p_top / ratio_top), (bottom, p_bottom, p_bottom / ratio_bottom)]
    depth, p, s = np.array(rows, dtype=np.float64).T
    return continued("pamir70-v0", depth, p, s)


def continued(name: str, depth_km: FloatArray, p_km_s: FloatArray, s_km_s: FloatArray) -> Earth:
    """A model that goes on as ak135 below its own last row, where it ends above ``END_KM``."""
    rows = np.stack([depth_km, p_km_s, s_km_s])
    last_km = float(depth_km[-1])
    if last_km < END_KM:
        ak135 = BUILT_IN["ak135"]
        join = np.array([[last_km], [ak135.at("P", last_km)], [ak135.at("S", last_km)]])
        below = np.stack([ak135.depth_km, ak135.p_km_s, ak135.s_km_s])[:, ak135.depth_km > last_km]
        jumps = not np.array_equal(join[:, 0], rows[:, -1]) and not _doubled(depth_km)
        rows = np.concatenate([rows, join, below] if jumps else [rows, below], axis=1)
    return Earth(name, *rows)


def _doubled(depth_km: FloatArray) -> bool:
    """A table that ends with both sides of a jump, the top of its half-space, has no room for another."""
    return len(depth_km) > 1 and bool(depth_km[-1] == depth_km[-2])


BUILT_IN: dict[str, Earth] = {"iasp91": _from_rows("iasp91", _IASP91), "ak135": _from_rows("ak135", _AK135)}
BUILT_IN["pamir70-v0"] = _pamir70()


def is_file(name: str) -> bool:
    """Whether an Earth model's name is that of a file: it has a suffix.

    >>> is_file("my-crust.tvel"), is_file("ak135")
    (True, False)
    """
    return bool(Path(name).suffix)


def earth_model(name: str) -> Earth:
    """A model by its name, or from a file by its path; ValueError for a name that is neither.

    >>> earth_model("pamir70-v0").at("P", 70.0)
    8.05
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    if not is_file(name):
        raise ValueError(f"no Earth model is called {name!r}, only {', '.join(BUILT_IN)}; a file has a suffix")
    return read_earth(Path(name))


def read_earth(path: Path) -> Earth:
    """A model from a ``.tvel`` file or a plain table.

    Columns are depth in km, Vp and Vs in km/s; more, as density, are not read. A ``.tvel`` file begins with two lines
    of comment; in a table everything after ``#`` is comment, columns are parted by blanks, commas or semicolons, and
    the first line may name them. Below its end ak135 goes on.

    Raises
    ------
    ArchiveError : the file cannot be read
    FormatError : it is no model; the line and what is wrong there
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise FormatError(f"{path}: more than {MAX_BYTES // 2**20} MB; an Earth model is a table of some lines")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormatError(f"{path}: is no text; an Earth model is a table of depth, Vp and Vs") from None
    return parse_earth(text, path.stem, str(path), tvel=path.suffix.lower() == ".tvel")


def parse_earth(text: str, name: str, where: str, *, tvel: bool = False) -> Earth:
    """A model from the text of a table, see :func:`read_earth`; ``where`` says in errors what was read.

    >>> parse_earth("0 6.0 3.5; 40 6.2 3.6".replace("; ", chr(10)), "crust", "here").at("P", 20.0)
    6.1
    >>> parse_earth("depth,vp,vs" + chr(10) + "0,6.0,6.5", "crust", "here")
    Traceback (most recent call last):
    seismonet.core.errors.FormatError: here: line 2: Vs of 6.5 km/s with Vp of 6 km/s; it should be above 0 and below Vp
    """
    lines: list[int] = []
    rows: list[tuple[float, ...]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.split("#")[0].replace(",", " ").replace(";", " ").split()
        if not fields or (tvel and number <= 2):
            continue
        if not tvel and not rows and not any(map(_is_number, fields)):
            continue
        rows.append(_row(fields, f"{where}: line {number}"))
        lines.append(number)
        if len(rows) > MAX_ROWS:
            raise FormatError(f"{where}: more than {MAX_ROWS} rows; a model of layers needs fewer")
    depth, p, s = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    fault = fault_of(depth, p, s, LEAST_KM)
    if fault is not None:
        place = f"line {lines[fault[0]]}: " if lines else ""
        raise FormatError(f"{where}: {place}{fault[1]}")
    return continued(name, depth, p, s)


def _row(fields: list[str], where: str) -> tuple[float, ...]:
    if len(fields) < 3:
        raise FormatError(f"{where}: {len(fields)} columns; there should be depth (km), Vp and Vs (km/s)")
    wrong = next((field for field in fields[:3] if not _is_number(field)), None)
    if wrong is not None:
        raise FormatError(f"{where}: {wrong[:40]!r} is no number; columns are depth (km), Vp and Vs (km/s)")
    return tuple(float(field) for field in fields[:3])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
