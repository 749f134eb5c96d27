"""Parser of the machine-readable zone: ICAO 9303 and the Russian internal passport.

Formats: TD1 (3 lines of 30), TD2 (2 of 36), TD3 (2 of 44); ICAO Doc 9303 parts 4 to 6, check
digits part 3 section 4.9. RU is TD3 with document code PN. Its optional data hold the fourth digit
of the series, the date of issue and the code of the issuing office. It has no date of expiry. Its
names use the passport's own transliteration (`transliterated`).

The parser tolerates OCR errors: lost or added fillers, and letters where only digits can stand. It
does not guess characters that a check digit contradicts.

Try it: `.venv/bin/python -m pytest tests/fields/test_mrz.py`
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import cycle
from typing import Final

# format -> (number of lines, characters per line)
_SHAPES: Final = {"TD1": (3, 30), "TD2": (2, 36), "TD3": (2, 44)}
# Tolerated difference in line length: OCR miscounts long runs of fillers.
_LOOSE: Final = 8
_AS_FILLER: Final = str.maketrans({"«": "<<", "‹": "<", "＜": "<", "≤": "<", "〈": "<", "く": "<"})
_AS_LATIN: Final = str.maketrans("АВЕКМНОРСТХУ", "ABEKMHOPCTXY")
_AS_DIGITS: Final = str.maketrans("OQDILZSBGA", "0001125864")
_AS_LETTERS: Final = str.maketrans("0152864", "OISZBGA")
# The internal passport encodes some letters as 2 to 4 and 6 to 9.
_AS_RUSSIAN: Final = str.maketrans("015", "OIS")
_ALPHABET: Final = re.compile(r"[A-Z0-9<]+")
_RUSSIAN: Final = dict(
    zip("АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ", "ABVGDE2JZIQKLMNOPRSTUFHC34WXY9678", strict=True)
)
_ICAO: Final = dict(zip("АБВГДЕЁЗИЙКЛМНОПРСТУФЫЭ", "ABVGDEEZIIKLMNOPRSTUFYE", strict=True)) | {
    "Ж": "ZH", "Х": "KH", "Ц": "TS", "Ч": "CH", "Ш": "SH", "Щ": "SHCH", "Ъ": "IE", "Ь": "",
    "Ю": "IU", "Я": "IA",
}  # fmt: skip
_BACK: Final = {latin: letter for letter, latin in _RUSSIAN.items()}

# part -> (line, first, last) in the normalised lines, last exclusive
_PLACES: Final[Mapping[str, Mapping[str, tuple[int, int, int]]]] = {
    "TD1": {
        "code": (0, 0, 2), "issuer": (0, 2, 5), "document_number": (0, 5, 14),
        "birth_date": (1, 0, 6), "sex": (1, 7, 8), "expiry_date": (1, 8, 14),
        "nationality": (1, 15, 18), "names": (2, 0, 30),
    },
    "TD2": {
        "code": (0, 0, 2), "issuer": (0, 2, 5), "names": (0, 5, 36),
        "document_number": (1, 0, 9), "nationality": (1, 10, 13), "birth_date": (1, 13, 19),
        "sex": (1, 20, 21), "expiry_date": (1, 21, 27),
    },
    "TD3": {
        "code": (0, 0, 2), "issuer": (0, 2, 5), "names": (0, 5, 44),
        "document_number": (1, 0, 9), "nationality": (1, 10, 13), "birth_date": (1, 13, 19),
        "sex": (1, 20, 21), "expiry_date": (1, 21, 27),
    },
}  # fmt: skip
# check -> (position of its digit, the parts that it covers)
_Place = tuple[int, int, int]
_CHECKS: Final[Mapping[str, Mapping[str, tuple[_Place, tuple[_Place, ...]]]]] = {
    "TD1": {
        "document_number": ((0, 14, 15), ((0, 5, 14),)),
        "birth_date": ((1, 6, 7), ((1, 0, 6),)),
        "expiry_date": ((1, 14, 15), ((1, 8, 14),)),
        "composite": ((1, 29, 30), ((0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29))),
    },
    "TD2": {
        "document_number": ((1, 9, 10), ((1, 0, 9),)),
        "birth_date": ((1, 19, 20), ((1, 13, 19),)),
        "expiry_date": ((1, 27, 28), ((1, 21, 27),)),
        "composite": ((1, 35, 36), ((1, 0, 10), (1, 13, 20), (1, 21, 35))),
    },
    "TD3": {
        "document_number": ((1, 9, 10), ((1, 0, 9),)),
        "birth_date": ((1, 19, 20), ((1, 13, 19),)),
        "expiry_date": ((1, 27, 28), ((1, 21, 27),)),
        "optional": ((1, 42, 43), ((1, 28, 42),)),
        "composite": ((1, 43, 44), ((1, 0, 10), (1, 13, 20), (1, 21, 43))),
    },
}


@dataclass(frozen=True, slots=True)
class Mrz:
    """Content of a machine-readable zone.

    Attributes:
        format: TD1, TD2, TD3 or RU.
        lines: normalised, each of exactly the format's length.
        parts: surname, given_names, document_number, birth_date, expiry_date, issue_date, sex,
            nationality, as far as present; dates in ISO 8601, numbers without fillers.
        printed: the same parts as printed in the lines.
        checks: document_number, birth_date, expiry_date, optional, composite -> valid.
    """

    format: str
    lines: tuple[str, ...]
    parts: Mapping[str, str]
    printed: Mapping[str, str]
    checks: Mapping[str, bool]

    @property
    def valid(self) -> bool:
        return all(self.checks.values())


def check_digit(characters: str) -> int:
    """Return the check digit: weights 7, 3, 1; letters count 10 to 35, the filler 0.

    Source: ICAO 9303-3, section 4.9.
    """
    values = (0 if c == "<" else int(c, 36) for c in characters)
    return sum(v * w for v, w in zip(values, cycle((7, 3, 1)))) % 10


def clean_line(text: str) -> str:
    """Normalise a printed line to MRZ characters; "" for a line that cannot be one."""
    bare = re.sub(r"\s", "", text).upper().translate(_AS_FILLER).translate(_AS_LATIN)
    return bare if _ALPHABET.fullmatch(bare) else ""


def looks_like(text: str) -> bool:
    """Whether a printed line can be part of an MRZ."""
    line = clean_line(text)
    return len(line) >= 30 - _LOOSE and (line.count("<") >= 2)


def parse_mrz(lines: Sequence[str]) -> Mrz | None:
    """Parse two or three printed lines.

    Returns:
        None for lines that cannot be an MRZ. `checks` reports failed check digits.
    """
    cleaned = [clean_line(line) for line in lines]
    if not all(cleaned):
        return None
    longest = max(map(len, cleaned))
    fitting = [
        (abs(longest - width), name)
        for name, (count, width) in _SHAPES.items()
        if count == len(cleaned) and all(abs(len(line) - width) <= _LOOSE for line in cleaned)
    ]
    if not fitting or cleaned[0][0] not in "PIACV":
        return None
    shape = min(fitting)[1]
    fixed = [_fitted(line, _SHAPES[shape][1]) for line in cleaned]
    return _read(shape, fixed)


def transliterated(text: str) -> str:
    """Transliterate Russian letters as the internal passport's MRZ does; other characters stay."""
    return "".join(_RUSSIAN.get(letter, letter) for letter in text.upper())


def icao_latin(text: str) -> str:
    """Transliterate Russian capitals to Latin by ICAO Doc 9303 part 3, section 6B."""
    return "".join(_ICAO.get(letter, letter) for letter in text.upper())


def russian(text: str) -> str:
    """Return the Russian spelling of a name in the internal passport's MRZ."""
    return "".join(_BACK.get(letter, letter) for letter in text)


def _fitted(line: str, width: int) -> str:
    """Fit the line to the width: extend or shorten its longest run of fillers."""
    runs = sorted(re.finditer(r"<+", line), key=lambda run: run.end() - run.start())
    missing = width - len(line)
    if not runs or missing == 0:
        return line[:width].ljust(width, "<")
    longest = runs[-1]
    if missing > 0:
        return line[: longest.end()] + "<" * missing + line[longest.end() :]
    cut = min(-missing, longest.end() - longest.start() - 1)
    return (line[: longest.end() - cut] + line[longest.end() :])[:width].ljust(width, "<")


def _read(shape: str, lines: list[str]) -> Mrz:
    places = _PLACES[shape]
    head = lines[0][:5].translate(_AS_LETTERS)
    is_russian = shape == "TD3" and head == "PNRUS"
    digits = {"birth_date", "expiry_date"}
    for name in digits:
        _replace(lines, places[name], _AS_DIGITS)
    for digit, _ in _CHECKS[shape].values():
        _replace(lines, digit, _AS_DIGITS)
    for name in ("code", "issuer", "nationality"):
        _replace(lines, places[name], _AS_LETTERS)
    if is_russian:
        _replace(lines, places["document_number"], _AS_DIGITS)
        _replace(lines, (1, 28, 41), _AS_DIGITS)
        _replace(lines, places["names"], _AS_RUSSIAN)
    else:
        _replace(lines, places["names"], _AS_LETTERS)
    checks = {}
    for name, (digit, over) in _CHECKS[shape].items():
        read_digit = _at(lines, digit)
        covered = "".join(_at(lines, place) for place in over)
        empty = not covered.strip("<")
        if empty and read_digit == "<":
            continue  # no such part: no date of expiry, no optional data
        checks[name] = read_digit.isdigit() and check_digit(covered) == int(read_digit)
    printed = {name: _at(lines, place).strip("<") for name, place in places.items()}
    surname, _, given = printed.pop("names").partition("<<")
    printed["surname"], printed["given_names"] = surname, given.partition("<<")[0]
    parts = {
        "surname": surname.replace("<", " "),
        "given_names": printed["given_names"].replace("<", " "),
        "document_number": printed["document_number"].replace("<", ""),
        "birth_date": _date(printed["birth_date"], past=True),
        "expiry_date": _date(printed["expiry_date"], past=False),
        "sex": {"M": "M", "F": "F"}.get(printed["sex"], ""),
        "nationality": printed["nationality"],
    }
    if is_russian:
        # The field of nine characters holds only three of the series' four digits.
        number, last = printed["document_number"], _at(lines, (1, 28, 29))
        parts["document_number"] = number[:3] + last + number[3:]
        printed["issue_date"] = _at(lines, (1, 29, 35)).strip("<")
        parts["issue_date"] = _date(printed["issue_date"], past=True)
        for name in ("surname", "given_names"):
            parts[name] = russian(parts[name])
    return Mrz(
        format="RU" if is_russian else shape,
        lines=tuple(lines),
        parts={name: value for name, value in parts.items() if value},
        printed={name: value for name, value in printed.items() if value},
        checks=checks,
    )


def _at(lines: Sequence[str], place: tuple[int, int, int]) -> str:
    return lines[place[0]][place[1] : place[2]]


def _replace(lines: list[str], place: tuple[int, int, int], table: dict[int, int]) -> None:
    number, first, last = place
    line = lines[number]
    lines[number] = line[:first] + line[first:last].translate(table) + line[last:]


def _date(digits: str, *, past: bool) -> str:
    """Convert YYMMDD to ISO 8601; "" for no valid day.

    Args:
        past: choose the latest such day that is not after today; else the day of this century.
    """
    if not re.fullmatch(r"\d{6}", digits):
        return ""
    for century in (2000, 1900):
        try:
            day = date(century + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
        except ValueError:
            continue  # 29 February: 2000 was a leap year, 1900 was not
        if not past or day <= date.today():
            return day.isoformat()
    return ""
