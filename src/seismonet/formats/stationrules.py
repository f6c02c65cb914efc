"""The rules that station metadata are checked by: number, level, what it asks for, how to mend a breach.

Numbers below 900 name what EarthScope's StationXML validator checks under the same number; 900 and above are ours:
metadata that are well formed and yet do not tell the truth. Numbers 322, 406, 417, 424 and 425, which that validator
documents and does not check, are not checked here either.
"""

from dataclasses import dataclass

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its level (a few soften in mild cases), what it asks for, and how to mend a breach."""

    number: int
    level: str
    asks: str
    mend: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a place in the document breaks."""

    rule: int
    level: str
    where: str
    text: str
    mend: str


_E, _W = ERROR, WARNING
_TABLE = (
    (101, _E, "a network code has one or two of A-Z and 0-9", "use the code that FDSN has given the network"),
    (110, _E, "a network starts before it ends", "correct startDate or endDate of the network"),
    (111, _E, "epochs of one station do not partly overlap", "end one epoch where the next begins"),
    (112, _E, "a network's dates cover those of its stations", "widen the network's dates or correct the station's"),
    (201, _E, "a station code has one to five of A-Z and 0-9", "use the registered station code, in capitals"),
    (210, _E, "a station has a start, before its end", "give startDate, and an endDate after it or none"),
    (211, _E, "epochs of one channel do not overlap", "end one epoch where the next begins; remove doubles"),
    (212, _E, "a station's dates cover those of its channels", "widen the station's dates or correct the channel's"),
    (222, _W, "a channel lies within 1 km of its station", "compare the coordinates of channel and station"),
    (223, _W, "a channel's elevation is within 1 km of its station's", "compare both elevations, in metres"),
    (301, _E, "a channel code has three of A-Z and 0-9", "name the channel by band, instrument and orientation"),
    (302, _E, "a location code has at most two of A-Z and 0-9", "use two characters such as 00, or leave it empty"),
    (303, _E, "calibration units have names that FDSN knows", "spell the unit as FDSN's unit names do, such as V or A"),
    (304, _W, "a channel says what its sensor is", "add Sensor/Description: maker, model, sensitivity"),
    (305, _W, "a channel without sampling rate has no response", "give SampleRate, or remove the Response"),
    (310, _E, "a channel has a start, before its end", "give startDate, and an endDate after it or none"),
    (320, _E, "a sensor of motion has azimuth and dip", "add Azimuth (from north) and Dip (down from horizontal)"),
    (321, _W, "a seismometer or accelerometer turns motion into counts", "begin with m/s or m/s**2, end with count"),
    (332, _W, "a channel named N points to north or south", "correct azimuth and dip, or name the channel 1 or 2"),
    (333, _W, "a channel named E points to east or west", "correct azimuth and dip, or name the channel 1 or 2"),
    (334, _W, "a channel named Z is vertical", "correct the dip (-90 is up), or name the channel 3"),
    (401, _E, "stages are numbered 1, 2, 3 and so on", "number the stages in their order without a gap"),
    (402, _E, "units have names that FDSN knows", "spell the unit as FDSN's unit names do: m/s, m/s**2, V, count"),
    (403, _E, "each stage takes what the one before gives", "make input units equal to the output units before"),
    (404, _E, "a digital stage has Decimation and StageGain", "add both; a stage that keeps the rate has Factor 1"),
    (405, _E, "a ResponseList does not stand alone", "add the stage that turns volts into counts"),
    (410, _E, "the sensitivity is above zero", "give the product of all stage gains, and its frequency"),
    (411, _W, "the sensitivity's frequency is below Nyquist", "state the sensitivity at a frequency in the passband"),
    (412, _E, "the sensitivity is the product of the stage gains", "recompute InstrumentSensitivity from the stages"),
    (413, _E, "each stage has a gain above zero, with its frequency", "give StageGain with Value and Frequency"),
    (414, _E, "what is blind to constant motion has no gain at 0 Hz", "state the gain at 1 Hz, say, and not at 0 Hz"),
    (415, _E, "a polynomial stage and InstrumentPolynomial go together", "add the one that is missing"),
    (
        416,
        _E,
        "a channel has an InstrumentSensitivity",
        "add the response: 'seismonet stations import' takes an export",
    ),
    (420, _W, "a sampled channel has a Decimation", "add Decimation to the digital stage, with its delay"),
    (421, _E, "the last Decimation ends at the channel's rate", "correct SampleRate, or the stages' rates"),
    (422, _E, "each Decimation begins at the rate that the one before ends at", "correct InputSampleRate or Factor"),
    (423, _E, "what thins the samples has a filter", "add Coefficients or FIR to the stage with the Decimation"),
    (900, _E, "what must be there can be read", "give a number that can be true, or an ISO 8601 time"),
    (
        901,
        _W,
        "stages and sensitivity say the same amplitude, to 1 %",
        "recompute InstrumentSensitivity at its frequency",
    ),
    (
        902,
        _W,
        "a filter's delay is that of its taps, and is corrected",
        "Delay = (taps - 1) / 2 / rate; Correction alike",
    ),
    (903, _W, "the taps of a filter add up to 1", "scale the taps, or put the factor into the stage's gain"),
    (904, _W, "the normalization factor fits its poles and zeros, to 1 %", "recompute it at NormalizationFrequency"),
    (905, _W, "a response is more than a number", "add the sensor's poles and zeros and the digitizer's stages"),
    (906, _W, "units are spelled m/s, m/s**2, V, count", "use exactly these spellings"),
    (907, _W, "a Comment says whether values are nominal or calibrated", "add a Comment with one of these two words"),
    (908, _W, "coordinates are those of the instrument", "survey the site, or ask the operator for its coordinates"),
    (909, _W, "no value is merely assumed", "ask the operator, then correct the value and remove the Comment"),
)
RULES = {number: Rule(number, level, asks, mend) for number, level, asks, mend in _TABLE}


def breach(number: int, where: str, text: str, level: str = "") -> Finding:
    """A finding of a rule; ``level`` where it differs from the rule's own."""
    rule = RULES[number]
    return Finding(number, level or rule.level, where, text, rule.mend)
