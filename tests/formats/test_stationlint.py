"""Each rule fires on a good document spoiled in one place, and on nothing else."""

from collections.abc import Callable
from pathlib import Path

import obspy
import pytest
import qopen
from hypothesis import given
from hypothesis import strategies as st

from seismonet.core.errors import FormatError
from seismonet.core.share import share
from seismonet.formats.stationlint import check
from seismonet.formats.stationrules import ERROR, RULES, WARNING, Rule
from seismonet.formats.stationxml import parse
from seismonet.models.nominal import station_xml
from tests.support.shared import shared
from tests.support.stationdoc import GOOD, HHZ, LCQ, Doc, spec

STATION = "Network/Station"
RESPONSE = f"{HHZ}/Response"
SENSITIVITY = f"{RESPONSE}/InstrumentSensitivity"
FIRST, SECOND, THIRD = (f"{RESPONSE}/Stage[@number='{number}']" for number in (1, 2, 3))
UNITS = "<InputUnits><Name>count</Name></InputUnits><OutputUnits><Name>count</Name></OutputUnits>"
DIGITIZED = "<InputUnits><Name>V</Name></InputUnits><OutputUnits><Name>count</Name></OutputUnits>"
POLYNOMIAL = f"<InstrumentPolynomial>{UNITS}</InstrumentPolynomial>"
HALVED = (
    "<Decimation><InputSampleRate>30000</InputSampleRate><Factor>2</Factor><Offset>0</Offset>"
    "<Delay>0</Delay><Correction>0</Correction></Decimation>"
)


def taps(*values: float) -> str:
    numbers = "".join(f"<Numerator>{value}</Numerator>" for value in values)
    kind = "<CfTransferFunctionType>DIGITAL</CfTransferFunctionType>"
    return f"<Coefficients>{UNITS}{kind}{numbers}</Coefficients>"


def filtered(doc: Doc, *values: float) -> Doc:
    return doc.remove(f"{THIRD}/Coefficients").add(THIRD, taps(*values), first=True)


BREACHES: list[tuple[int, Callable[[Doc], Doc]]] = [
    (101, lambda d: d.attribute("Network", "code", "xyz")),
    (110, lambda d: d.attribute("Network", "endDate", "2023-01-01")),
    (111, lambda d: d.double(STATION).attribute(STATION, "endDate", "2025-01-01")),
    (112, lambda d: d.attribute("Network", "startDate", "2024-02-01")),
    (112, lambda d: d.attribute("Network", "endDate", "2025-02-01")),
    (201, lambda d: d.attribute(STATION, "code", "TOOLONG")),
    (210, lambda d: d.attribute(STATION, "startDate", None)),
    (210, lambda d: d.attribute(STATION, "endDate", "2023-01-01")),
    (211, lambda d: d.double(HHZ)),
    (212, lambda d: d.attribute(STATION, "startDate", "2024-02-01")),
    (222, lambda d: d.text(f"{HHZ}/Latitude", "38.14")),
    (223, lambda d: d.text(f"{HHZ}/Elevation", "1999")),
    (301, lambda d: d.attribute(HHZ, "code", "HH")),
    (302, lambda d: d.attribute(HHZ, "locationCode", "000")),
    (303, lambda d: d.add(HHZ, "<CalibrationUnits><Name>furlong</Name></CalibrationUnits>")),
    (304, lambda d: d.remove(f"{HHZ}/Sensor")),
    (305, lambda d: d.remove(f"{HHZ}/SampleRate")),
    (305, lambda d: d.remove_all(f"{RESPONSE}/Stage").text(f"{HHZ}/SampleRate", "0")),
    (310, lambda d: d.attribute(HHZ, "startDate", None)),
    (310, lambda d: d.attribute(HHZ, "endDate", "2024-01-01")),
    (320, lambda d: d.remove(f"{HHZ}/Azimuth")),
    (321, lambda d: d.text(f"{FIRST}/PolesZeros/InputUnits/Name", "Pa")),
    (332, lambda d: d.text(f"{HHZ.replace('HHZ', 'HHN')}/Azimuth", "90")),
    (332, lambda d: d.text(f"{HHZ.replace('HHZ', 'HHN')}/Dip", "-10")),
    (333, lambda d: d.text(f"{HHZ.replace('HHZ', 'HNE')}/Azimuth", "97")),
    (334, lambda d: d.text(f"{HHZ}/Dip", "-80")),
    (401, lambda d: d.attribute(THIRD, "number", "4")),
    (402, lambda d: d.text(f"{SENSITIVITY}/InputUnits/Name", "furlong/s")),
    (402, lambda d: d.text(f"{SENSITIVITY}/InputUnits/Name", "M/S")),
    (403, lambda d: d.text(f"{FIRST}/PolesZeros/OutputUnits/Name", "A")),
    (404, lambda d: d.remove(f"{THIRD}/Decimation")),
    (404, lambda d: d.remove(f"{THIRD}/StageGain")),
    (405, lambda d: d.remove(SECOND).remove(THIRD).remove(f"{FIRST}/PolesZeros").add(FIRST, "<ResponseList/>")),
    (410, lambda d: d.text(f"{SENSITIVITY}/Value", "0")),
    (410, lambda d: d.text(f"{SENSITIVITY}/Value", "-3.0172e8")),
    (411, lambda d: d.text(f"{SENSITIVITY}/Frequency", "50")),
    (412, lambda d: d.text(f"{SENSITIVITY}/Value", "3.1e8")),
    (413, lambda d: d.text(f"{SECOND}/StageGain/Value", "-400000")),
    (413, lambda d: d.remove(f"{SECOND}/StageGain")),
    (414, lambda d: d.text(f"{FIRST}/StageGain/Frequency", "0")),
    (414, lambda d: d.text(f"{SENSITIVITY}/Frequency", "0")),
    (415, lambda d: d.remove(f"{SECOND}/PolesZeros").add(SECOND, f"<Polynomial>{DIGITIZED}</Polynomial>", first=True)),
    (415, lambda d: d.remove(SENSITIVITY).add(RESPONSE, POLYNOMIAL, first=True)),
    (416, lambda d: d.remove(SENSITIVITY)),
    (416, lambda d: d.remove(RESPONSE)),
    (420, lambda d: d.remove(THIRD)),
    (421, lambda d: d.text(f"{HHZ}/SampleRate", "200")),
    (422, lambda d: d.add(SECOND, HALVED)),
    (423, lambda d: d.remove(f"{THIRD}/Coefficients")),
    (900, lambda d: d.text(f"{HHZ}/Latitude", "north")),
    (900, lambda d: d.remove(f"{STATION}/Elevation")),
    (900, lambda d: d.attribute(HHZ, "endDate", "soon")),
    (900, lambda d: d.text(f"{HHZ}/Latitude", "91")),
    (900, lambda d: d.text(f"{HHZ}/Azimuth", "400")),
    (900, lambda d: d.text(f"{FIRST}/PolesZeros/Pole/Real", "x")),
    (900, lambda d: d.remove(f"{FIRST}/PolesZeros/Zero/Imaginary")),
    (900, lambda d: d.remove(f"{FIRST}/PolesZeros/NormalizationFactor")),
    (900, lambda d: d.remove(f"{THIRD}/Decimation/Delay")),
    (900, lambda d: d.text(f"{THIRD}/Decimation/Factor", "0")),
    (900, lambda d: filtered(d, float("nan"))),
    (901, lambda d: d.text(f"{SENSITIVITY}/Frequency", "0.01")),
    (901, lambda d: filtered(d, 0.5, 0.5).text(f"{THIRD}/Decimation/InputSampleRate", "10")
     .text(f"{THIRD}/StageGain/Frequency", "1")),
    (901, lambda d: d.remove(f"{SECOND}/PolesZeros")
     .add(SECOND, f"<ResponseList>{DIGITIZED}</ResponseList>", first=True)),
    (902, lambda d: d.text(f"{THIRD}/Decimation/Correction", "0")),
    (902, lambda d: filtered(d, 0.25, 0.5, 0.25)),
    (903, lambda d: filtered(d, 0.5, 0.6)),
    (904, lambda d: d.text(f"{FIRST}/PolesZeros/NormalizationFactor", "4.2e17")),
    (904, lambda d: d.text(f"{FIRST}/PolesZeros/NormalizationFactor", "0")),
    (905, lambda d: d.remove_all(f"{RESPONSE}/Stage")),
    (906, lambda d: d.text(f"{SENSITIVITY}/OutputUnits/Name", "counts")),
    (907, lambda d: d.remove_all(f"{HHZ}/Comment").remove_all(f"{STATION}/Comment")),
    (908, lambda d: d.text(f"{STATION}/Latitude", "0").text(f"{STATION}/Longitude", "0")),
    (908, lambda d: d.text(f"{STATION}/Latitude", "38.1702").text(f"{STATION}/Longitude", "73.9667")),
    (908, lambda d: d.text(f"{STATION}/Comment/Value", "nominal; placed at the town centre")),
    (909, lambda d: d.text(f"{STATION}/Comment/Value", "ASSUMED: everything")),
]  # fmt: skip


COMPANIONS = {
    110: {112},  # a network that ends before it starts covers no station
    111: {212},
    210: {212},
    404: {413, 420},  # what is missing from a digital stage is missing from the chain
    405: {412, 420, 901},
    410: {901},
    412: {901},
    413: {412, 901},
    415: {901},
    305: {905},
    900: {320, 901},  # what cannot be read counts as missing
    901: {421, 902},
    908: {222},  # the channels have stayed where they were
}
"""Other rules that a breach cannot help breaking."""


def test_the_good_document_is_good() -> None:
    assert check(GOOD) == []
    assert check(parse(GOOD)) == []


@pytest.mark.parametrize(("rule", "spoil"), BREACHES, ids=[f"{rule}-{k}" for k, (rule, _) in enumerate(BREACHES)])
def test_a_breach_is_found(rule: int, spoil: Callable[[Doc], Doc]) -> None:
    everything = check(spoil(Doc()).bytes())
    found = [one for one in everything if one.rule == rule]
    assert found
    assert {one.rule for one in everything} - {rule} <= COMPANIONS.get(rule, set())
    assert all(one.text and one.where.startswith(("XX", "xyz")) for one in found)
    assert all(one.mend == RULES[rule].mend for one in found)


def test_every_rule_has_a_breach() -> None:
    assert {rule for rule, _ in BREACHES} == set(RULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: str(rule.number))
def test_every_rule_is_explained(rule: Rule) -> None:
    assert rule.level in (ERROR, WARNING)
    assert min(len(rule.asks), len(rule.mend)) > 15


@pytest.mark.parametrize(
    ("spoil", "levels"),
    [
        (lambda d: d.text(f"{SENSITIVITY}/InputUnits/Name", "M/S"), {(402, WARNING)}),
        (lambda d: d.text(f"{SENSITIVITY}/InputUnits/Name", "M/X"), {(402, ERROR)}),
        (lambda d: d.text(f"{FIRST}/StageGain/Value", "745"), {(412, ERROR), (901, WARNING)}),
        (lambda d: d.text(f"{FIRST}/StageGain/Value", "1508.6"), {(412, ERROR), (901, ERROR)}),
        (lambda d: d.text(f"{FIRST}/PolesZeros/NormalizationFactor", "4.2e17"), {(904, WARNING)}),
    ],
)
def test_how_bad_it_is(spoil: Callable[[Doc], Doc], levels: set[tuple[int, str]]) -> None:
    assert {(one.rule, one.level) for one in check(spoil(Doc()).bytes())} == levels


def test_coordinates_of_nowhere_are_an_error() -> None:
    doc = Doc().text(f"{STATION}/Latitude", "0").text(f"{STATION}/Longitude", "0")
    assert [one.level for one in check(doc.bytes()) if one.rule == 908] == [ERROR]


@pytest.mark.parametrize("number", ["²", "9" * 5000, "-1", "one", ""])
def test_a_stage_number_that_is_none(number: str) -> None:
    assert {one.rule for one in check(Doc().attribute(THIRD, "number", number).bytes())} == {401}


@pytest.mark.parametrize("rate_hz", [4.0, 10.0, 40.0, 1000.0])
def test_amplitudes_are_judged_as_evalresp_computes_them(rate_hz: float) -> None:
    """Two taps let less through the nearer to Nyquist; the gain's own frequency does not excuse that."""
    doc = filtered(Doc(), 0.5, 0.5).text(f"{THIRD}/StageGain/Frequency", "1")
    doc.text(f"{THIRD}/Decimation/InputSampleRate", str(rate_hz))
    channel = parse(doc.bytes()).select(channel="HHZ")[0][0][0]
    computed = abs(channel.response.get_evalresp_response_for_frequencies([1.0], output="DEF")[0])
    off = computed / channel.response.instrument_sensitivity.value - 1
    found = [one for one in check(doc.bytes()) if one.rule == 901]
    assert bool(found) == (abs(off) > 0.01)
    assert all(f"({off:+.1%})" in one.text for one in found)


def test_errors_come_first() -> None:
    doc = Doc().text(f"{SENSITIVITY}/Value", "0").text(f"{HHZ}/Dip", "-80").remove(f"{HHZ}/Sensor")
    levels = [one.level for one in check(doc.bytes())]
    assert levels == sorted(levels)
    assert {ERROR, WARNING} == set(levels)


@pytest.mark.parametrize(
    "harmless",
    [
        lambda d: d.attribute(HHZ, "locationCode", "--"),
        lambda d: d.attribute(HHZ, "locationCode", "  "),
        lambda d: d.text(f"{HHZ}/Azimuth", "180").text(f"{HHZ}/Dip", "90"),
        lambda d: d.text(f"{HHZ.replace('HHZ', 'HHN')}/Azimuth", "356"),
        lambda d: d.text(f"{HHZ.replace('HHZ', 'HNE')}/Azimuth", "270"),
        lambda d: d.attribute(HHZ, "endDate", "2599-12-31T00:00:00"),
        lambda d: d.attribute("Network", "startDate", None),
        lambda d: filtered(d, 0.25, 0.5, 0.25).text(f"{THIRD}/Decimation/Delay", "3.3333e-5")
        .text(f"{THIRD}/Decimation/Correction", "3.3333e-5"),
        lambda d: d.double(HHZ).attribute(HHZ, "endDate", "2025-01-01")
        .attribute(f"{HHZ}[2]", "startDate", "2025-01-01"),
        lambda d: d.attribute("Network", "startDate", None).attribute(STATION, "startDate", "1960-01-01").double(HHZ)
        .attribute(HHZ, "startDate", "1960-01-01").attribute(HHZ, "endDate", "1970-01-01")
        .attribute(f"{HHZ}[2]", "startDate", "1970-01-01"),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_is_allowed(harmless: Callable[[Doc], Doc]) -> None:
    assert check(harmless(Doc()).bytes()) == []


def test_health_channels_are_exempt() -> None:
    doc = Doc().remove(f"{LCQ}/SampleRate").remove(f"{LCQ}/Type").attribute(LCQ, "code", "VMZ")
    assert check(doc.bytes()) == []


def test_a_health_type_exempts_a_channel_whose_code_is_unknown() -> None:
    assert check(Doc().attribute(LCQ, "code", "XHZ").bytes()) == []
    spoiled = Doc().attribute(LCQ, "code", "XHZ").remove("Network/Station/Channel[@code='XHZ']/Type")
    assert {one.rule for one in check(spoiled.bytes())} >= {304, 320, 416}


def test_a_polynomial_excuses_from_gains() -> None:
    doc = Doc().remove(SENSITIVITY).add(RESPONSE, POLYNOMIAL, first=True)
    doc.remove(f"{FIRST}/PolesZeros").remove(f"{FIRST}/StageGain").add(FIRST, "<Polynomial/>", first=True)
    assert {one.rule for one in check(doc.bytes())} == set()


def test_mirrored_taps_of_a_fir_stage_count() -> None:
    halves = "".join(f"<NumeratorCoefficient>{value}</NumeratorCoefficient>" for value in (0.2, 0.3))

    def fir(symmetry: str, delay_s: float) -> set[int]:
        doc = Doc().remove(f"{THIRD}/Coefficients")
        doc.add(THIRD, f"<FIR>{UNITS}<Symmetry>{symmetry}</Symmetry>{halves}</FIR>", first=True)
        doc.text(f"{THIRD}/Decimation/InputSampleRate", "100").text(f"{THIRD}/Decimation/Factor", "1")
        for name in ("Delay", "Correction"):
            doc.text(f"{THIRD}/Decimation/{name}", str(delay_s))
        return {one.rule for one in check(doc.bytes())}

    assert fir("EVEN", 0.015) == set()
    assert fir("EVEN", 0.01) == {902}
    assert fir("ODD", 0.01) == {903}
    assert fir("NONE", 0.2) == {903}


def test_the_shipped_stations_have_no_error_and_admit_what_is_assumed() -> None:
    for path in sorted(share("stations").glob("*.xml")):
        found = check(path.read_bytes())
        assert {one.level for one in found} == {WARNING}
        assert {909} <= {one.rule for one in found} <= {908, 909}


def test_unconfirmed_values_are_told_once_a_station() -> None:
    found = check(station_xml(spec(confirmed=())))
    assert [(one.rule, one.where) for one in found] == [(909, "XX.ABC")]


BUNDLED = sorted(
    path
    for path in Path(obspy.__path__[0]).rglob("*.xml")
    if b"FDSNStationXML" in path.read_bytes()[:4096]
)  # fmt: skip


@pytest.mark.parametrize("path", BUNDLED, ids=[f"{path.parent.name}-{path.name}" for path in BUNDLED])
def test_files_of_many_makers_are_judged(path: Path) -> None:
    for one in check(path.read_bytes()):
        assert one.rule in RULES
        assert one.where
        assert "\n" not in one.text


def test_what_real_files_are_guilty_of() -> None:
    path = Path(qopen.__path__[0]) / "example" / "example_inventory.xml"
    found = {(one.rule, one.level) for one in check(path.read_bytes())}
    assert {(402, ERROR), (421, ERROR), (907, WARNING)} <= found
    tests = Path(obspy.__path__[0]) / "core" / "tests" / "data"
    assert 403 in {one.rule for one in check((tests / "TM.SKLT.__.BHZ_faulty_response.xml").read_bytes())}


def test_the_public_sets_are_judged() -> None:
    paths = sorted(shared("data/public").glob("*/stations.xml"))
    assert len(paths) > 10
    for path in paths:
        assert not {one.rule for one in check(path.read_bytes())} & {101, 201, 301, 302, 900}


def test_published_full_responses_pass() -> None:
    for path in sorted(shared("facts/responses").glob("*LP.xml")):
        assert {one.rule for one in check(path.read_bytes())} <= {907, 908}


@pytest.mark.parametrize("data", [b"", b"junk", b"<html/>", b"<FDSNStationXML>", b"<!DOCTYPE x><FDSNStationXML/>"])
def test_what_is_no_stationxml_is_no_finding(data: bytes) -> None:
    with pytest.raises(FormatError):
        check(data)


NUMBERS = st.sampled_from(["0", "-1", "1e308", "-1e-308", "nan", "inf", "", "x", "1e400"])


@given(st.integers(0, 10_000), NUMBERS)
def test_no_value_makes_it_fail(which: int, text: str) -> None:
    doc = Doc()
    leaves = [element for element in doc.root.iter() if isinstance(element.tag, str) and not len(element)]
    leaves[which % len(leaves)].text = text
    for one in check(doc.bytes()):
        assert one.rule in RULES
