"""Machine readable zones of the specimens, with valid check digits.

Source: ICAO Doc 9303 (8th edition), part 3 section 4.9 (check digits), part 4 (TD3, two lines of
44), part 5 (TD1, three lines of 30). The Russian internal passport has its own transliteration of
names and its own use of the optional field (Order of the Federal Migration Service of 30.11.2012).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from synthetic.values import words

_WEIGHTS: Final = (7, 3, 1)
# The internal passport's transliteration of Cyrillic: one character per letter.
_INTERNAL: Final = dict(
    zip("АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ", "ABVGDE2JZIQKLMNOPRSTUFHC34WXY9678", strict=True)
)
_PUBLIC: Final = dict(
    zip(
        "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ",
        words("A B V G D E E ZH Z I I K L M N O P R S T U F KH TS CH SH SHCH IE Y _ E IU IA"),
        strict=True,
    )
)


def check_digit(text: str) -> str:
    """The check digit of a field: digits have their value, A to Z 10 to 35, "<" 0."""
    values = (0 if c == "<" else int(c, 36) for c in text)
    return str(sum(v * _WEIGHTS[k % 3] for k, v in enumerate(values)) % 10)


def latin(text: str) -> str:
    """Cyrillic capitals transliterated as in ICAO Doc 9303 part 3 section 6B; Latin stays."""
    return "".join(_PUBLIC.get(c, c) for c in text.upper()).replace("_", "")


def internal(text: str) -> str:
    """Cyrillic capitals transliterated as in the Russian internal passport."""
    return "".join(_INTERNAL.get(c, c) for c in text.upper())


def _names(surname: str, given: str, length: int) -> str:
    parts = [re.sub(r"[^A-Z0-9]+", "<", part.upper()).strip("<") for part in (surname, given)]
    return "<<".join(parts).ljust(length, "<")[:length]


def td3(
    *,
    code: str,
    surname: str,
    given: str,
    number: str,
    birth: date,
    sex: str,
    expiry: date | None,
    kind: str = "P<",
    optional: str = "",
) -> tuple[str, str]:
    """Two lines of 44 characters; "<" takes the place of a missing expiry date."""
    first = f"{kind}{code}" + _names(surname, given, 39)
    until = f"{expiry:%y%m%d}" if expiry else "<" * 6
    numbered = number.ljust(9, "<") + check_digit(number.ljust(9, "<"))
    born = f"{birth:%y%m%d}" + check_digit(f"{birth:%y%m%d}")
    ends = until + (check_digit(until) if expiry else "<")
    extra = optional.ljust(14, "<")
    extra += check_digit(extra) if optional else "<"
    whole = check_digit(numbered + born + ends + extra)
    return first, f"{numbered}{code}{born}{sex}{ends}{extra}{whole}"


def td1(
    *,
    code: str,
    surname: str,
    given: str,
    number: str,
    birth: date,
    sex: str,
    expiry: date,
    nationality: str,
) -> tuple[str, str, str]:
    """Three lines of 30 characters."""
    numbered = number.ljust(9, "<") + check_digit(number.ljust(9, "<"))
    first = f"I<{code}{numbered}".ljust(30, "<")
    born = f"{birth:%y%m%d}" + check_digit(f"{birth:%y%m%d}")
    ends = f"{expiry:%y%m%d}" + check_digit(f"{expiry:%y%m%d}")
    second = f"{born}{sex}{ends}{nationality}".ljust(29, "<")
    second += check_digit(first[5:] + born + ends + second[18:29])
    return first, second, _names(surname, given, 30)


def russian_internal(
    *,
    surname: str,
    given: str,
    series: str,
    number: str,
    birth: date,
    sex: str,
    issued: date,
    office: str,
) -> tuple[str, str]:
    """The internal passport's two lines.

    The optional field holds the fourth digit of the series, the day of issue and the office's six
    digits. There is no expiry date.
    """
    return td3(
        code="RUS",
        kind="PN",
        surname=internal(surname),
        given=internal(given),
        number=series[:3] + number,
        birth=birth,
        sex=sex,
        expiry=None,
        optional=f"{series[3]}{issued:%y%m%d}{office}",
    )
