"""Where real stations stand: geometries to simulate earthquakes in.

Coordinates (degrees, m) are those that the networks publish through FDSN station services; nothing else is taken from
them. What the public evaluation sets and ObsPy's test data hold is read from there, where they are present.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seismonet.core.inventory import OPEN_END_NS, Station
from seismonet.store.inventory import read_inventories

ROOT = Path(__file__).resolve().parents[1]
PUBLIC = ROOT.parent / "shared" / "data" / "public"
PAMIR = tuple(ROOT / "stations" / f"TJ.{code}.xml" for code in ("MANEM", "MURGH", "SAREZ"))

# code, latitude, longitude, elevation
# HV, U.S. Geological Survey, Hawaiian Volcano Observatory Network, doi:10.7914/SN/HV
HAWAII = """
AHUD 19.372 -155.263 1051, ALEP 19.541 -155.644 2894, BYL 19.412 -155.26 1079, CPKD 19.391 -155.324 1038,
DAND 19.354 -155.664 3027, DESD 19.333 -155.386 836, DEVL 19.374 -155.241 1046, ELEP 19.45 -155.525 3371,
ERZ4 19.517 -154.861 80, HAT 19.423 -155.261 1097, HLPD 19.296 -155.307 724, HOVE 19.165 -155.749 1592,
HPUD 19.776 -155.456 3348, HSSD 19.603 -155.483 2465, HTCD 19.238 -155.398 401, HUAD 19.685 -155.836 2204,
JCUZ 19.384 -155.102 826, JOKA 19.434 -155.004 483, KAAD 19.263 -155.869 524, KAED 19.286 -155.129 44,
KIND 19.46 -154.95 330, KKO 19.398 -155.266 1140, KKUD 19.887 -155.34 1863, KLUD 19.456 -154.918 275,
KNHD 19.379 -155.169 933, KOHD 20.125 -155.777 1166, KUPD 19.402 -155.075 717, MITD 19.336 -155.301 935,
MLOD 19.493 -155.386 2063, MOKD 19.485 -155.597 4131, NAGD 19.699 -155.024 37, NAHU 19.415 -155.238 1177,
NPOC 19.393 -155.11 805, OBL 19.418 -155.284 1119, OTLD 19.387 -155.282 1103, P07 19.495 -154.916 134,
PLAD 19.53 -155.456 2981, POLD 19.281 -155.225 176, PPLD 19.155 -155.462 34, PUHI 19.386 -155.251 1079,
RCOD 19.403 -155.628 3672, RIMD 19.395 -155.274 1145, RSDD 19.46 -155.275 1296, SBL 19.427 -155.268 1081,
SDH 19.39 -155.294 1115, SPDD 18.979 -155.668 251, STCD 19.385 -155.125 769, SWRD 19.452 -155.603 4053,
TOUO 19.504 -155.703 2535, TRAD 19.412 -155.547 3213, UWB 19.425 -155.278 1084, UWE 19.421 -155.291 1231,
WILD 19.467 -155.581 4039, WOOD 19.248 -155.499 906, WRM 19.407 -155.3 1153
"""
# IV, INGV, doi:10.13127/SD/X0FXnH7QfY: stations about Amatrice in autumn 2016
ITALY = """
AM05 42.9773 13.3528 464, ARRO 42.5792 12.7657 253, CAMP 42.5358 13.409 1283, CESI 43.0048 12.9047 840,
CSP1 43.0918 13.2048 1188, FDMO 43.0365 13.0873 550, FEMA 42.9622 13.0498 1370, GIGS 42.45 13.569 960,
GUMA 43.0627 13.3352 574, MC2 42.9127 13.1905 2, MDAR 43.1927 13.1427 940, MMO1 42.8993 13.3268 957,
MNTP 43.1373 13.4693 325, NRCA 42.8335 13.1143 927, OFFI 42.935 13.6857 320, RM33 42.509 13.2145 1097,
SEF1 43.1468 12.9477 518, SMA1 42.6305 13.3353 1150, T1201 42.6573 13.2508 934, T1202 42.7035 13.2248 1251,
T1204 42.676 13.3167 1508, T1211 42.5328 12.8552 979, T1212 42.7515 13.0447 869, T1214 42.7595 13.2087 1490,
T1215 42.8018 12.8685 695, T1216 42.8907 13.019 620, T1217 42.7118 12.9313 1004, T1218 42.67 13.1152 1184,
T1241 42.8563 13.4312 664, T1243 42.6965 13.4483 1120, T1244 42.757 13.2978 950, T1245 42.8565 13.188 1541,
T1246 42.5833 13.493 1134, T1247 42.4415 13.2983 836, T1299 42.6342 13.2822 940, TERO 42.6228 13.604 673
"""
# YR, British Geological Survey, doi:10.7914/SN/YR_2016: the temporary stations among them
ITALY_TEMPORARY = """
ED01 42.5264 13.0929 739, ED02 42.6035 12.9288 831, ED03 42.603 13.1903 1053, ED04 42.5743 13.2972 1303,
ED05 42.4835 13.3649 1187, ED06 42.4641 13.2277 925, ED07 42.6282 13.4517 1025, ED08 42.4589 13.0542 1016,
ED09 42.8001 13.4237 466, ED10 42.7771 13.1412 822, ED11 42.6884 13.0335 975, ED12 42.8064 12.9772 1127,
ED14 42.4449 13.4331 1230, ED15 42.5278 13.5581 1012, ED16 42.8371 13.3071 1039, ED17 42.9659 13.3086 815,
ED18 42.9915 13.2432 1355, ED19 42.9196 13.1392 1223, ED20 42.7488 13.4353 892, ED21 43.0301 13.2723 720,
ED22 43.0068 13.3252 620, ED23 42.7432 13.2871 1045, ED24 42.6556 13.1923 1104, ED25 42.5988 13.3519 1353
"""
# UW, University of Washington, Pacific Northwest Seismic Network, doi:10.7914/SN/UW: broadband stations at Puget Sound
PUGET = """
BERY 48.264 -122.096 150, BST09 47.654 -122.309 37, DONK 48.424 -122.157 893, DOSE 47.717 -122.972 53,
FMW 46.942 -121.671 1900, GNW 47.564 -122.825 220, HILL 48.388 -122.447 38, LON 46.751 -121.81 853,
LRIV 48.057 -123.504 294, NATEM 48.106 -122.819 64, OSQM 48.043 -123.131 235, PRIN 48.212 -122.631 62,
RATT 47.425 -121.803 442, RCM 46.836 -121.733 3085, SALO 47.951 -122.373 147, SP2 47.556 -122.249 30,
STOR 47.188 -121.989 266, TKEY 47.179 -122.772 47, TOLT 47.695 -121.689 541
"""


@dataclass(frozen=True, slots=True)
class Network:
    """Stations as they stand, and where their coordinates are from; ``deepest_km`` of the earthquakes below them."""

    name: str
    stations: tuple[Station, ...]
    origin: str
    deepest_km: float = 20.0


def pamir() -> tuple[Station, ...]:
    """Manem, Murghob and Sarez."""
    return read_inventories([str(path) for path in PAMIR]).stations


def networks(public: Path = PUBLIC) -> list[Network]:
    """Ten geometries; seven where the public sets are not here."""
    hawaii, puget = _listed("HV", HAWAII), _listed("UW", PUGET)
    italy = _listed("IV", ITALY) + _listed("YR", ITALY_TEMPORARY)
    found = [
        Network("HV, Hawaii", hawaii, "published coordinates"),
        Network(
            "HV, six of them", _some(hawaii, ("HOVE", "HSSD", "HUAD", "MLOD", "MOKD", "TOUO")), "thinned as hawaii2019"
        ),
        Network("IV and YR, central Italy", italy, "published coordinates", 15.0),
        Network("UW, Puget Sound", puget, "published coordinates", 40.0),
        Network("UW, four of them", _some(puget, ("BERY", "LON", "LRIV", "TOLT")), "thinned", 40.0),
        *_bundled(),
        *_public(public),
    ]
    return sorted(found, key=lambda network: (len(network.stations), network.name))


def _listed(network: str, text: str) -> tuple[Station, ...]:
    rows = (row.split() for row in text.replace("\n", "").split(","))
    return tuple(_station(network, code, float(lat), float(lon), float(high)) for code, lat, lon, high in rows)


def _station(network: str, code: str, latitude: float, longitude: float, elevation_m: float) -> Station:
    return Station(network, code, 0, OPEN_END_NS, latitude, longitude, elevation_m)


def _some(stations: Sequence[Station], codes: Sequence[str]) -> tuple[Station, ...]:
    return tuple(one for one in stations if one.code in codes)


def _bundled() -> list[Network]:
    """Two inventories among ObsPy's own test data."""
    import obspy

    data = Path(obspy.__file__).parent / "io"
    found = []
    for name, path in (
        ("SL, Slovenia", data / "arclink" / "tests" / "data" / "arclink_inventory.xml"),
        ("XZ, Lesser Antilles", data / "seiscomp" / "tests" / "data" / "sc3ml_empty_depth_and_id.sc3ml"),
    ):
        if path.exists():
            sites = {
                (network.code, one.code): _station(network.code, one.code, one.latitude, one.longitude, one.elevation)
                for network in obspy.read_inventory(path)
                for one in network
            }
            found.append(Network(name, tuple(sites[key] for key in sorted(sites)), "ObsPy's test data"))
    return found


def _public(public: Path) -> list[Network]:
    """Stations of the public evaluation sets, those of several sets of one network together."""
    found = []
    for name, pattern, deepest_km in (
        ("CI, Ridgecrest", "ridgecrest2019", 15.0),
        ("GR, Germany", "grsn_*", 20.0),
        ("OpenEEW, Mexico", "openeew_*", 40.0),
    ):
        sites: dict[str, Station] = {}
        for path in sorted(public.glob(f"{pattern}/stations.xml")):
            sites |= {one.station_code: one for one in read_inventories([str(path)]).stations}
        if sites:
            found.append(Network(name, tuple(sites[code] for code in sorted(sites)), "public sets", deepest_km))
    return found
