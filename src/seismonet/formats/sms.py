"""How long a short message is: characters of the GSM 7-bit alphabet, or of UCS-2, and parts.

After 3GPP TS 23.038 (alphabets) and 23.040 (parts).
"""

import unicodedata

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = frozenset("^{}\\[~]|€\f")
"""Characters of the alphabet's extension, which take the room of two."""
GSM_ALONE, GSM_PART = 160, 153
UCS2_ALONE, UCS2_PART = 70, 67
"""A message of several parts spends some of each on their order."""
_LOOKALIKES = str.maketrans(
    {"’": "'", "‘": "'", "ʻ": "'", "ʼ": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."}
)


def is_gsm(text: str) -> bool:
    """Whether a text is of the 7-bit alphabet alone."""
    return all(one in GSM or one in GSM_TWICE for one in text)


def parts(text: str) -> int:
    """Short messages that a text needs.

    >>> parts("a" * 160), parts("a" * 161), parts("я" * 70), parts("я" * 71), parts("я" * 135)
    (1, 2, 1, 2, 3)
    """
    if is_gsm(text):
        length, alone, part = len(text) + sum(one in GSM_TWICE for one in text), GSM_ALONE, GSM_PART
    else:
        length, alone, part = len(text.encode("utf-16-be")) // 2, UCS2_ALONE, UCS2_PART
    return 1 if length <= alone else -(-length // part)


def to_gsm(text: str) -> str:
    """A text in the 7-bit alphabet: accents that it has not are left away, other letters become ``?``.

    >>> to_gsm("Qal’ai Khumb, Ғarm")
    "Qal'ai Khumb, ?arm"
    """
    found = []
    for one in text.translate(_LOOKALIKES):
        plain = one if is_gsm(one) else unicodedata.normalize("NFKD", one)
        kept = "".join(char for char in plain if is_gsm(char))
        found.append(kept or ("" if unicodedata.combining(one) else "?"))
    return "".join(found)
