"""Check digits of printed numbers: IBAN, Russian INN, OGRN and bank accounts.

Functions take the bare number (no spaces) and return whether its check digits are valid. Each names
its source. Nothing is looked up in a register: a valid number may not exist.
"""

from __future__ import annotations

import re
from itertools import cycle
from typing import Final

_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_INN_10: Final = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_11: Final = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_12: Final = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def is_iban(number: str) -> bool:
    """ISO 13616: first four characters moved to the end, letters as 10 to 35, modulo 97 is 1."""
    if not _IBAN.fullmatch(number):
        return False
    turned = number[4:] + number[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def is_inn(number: str) -> bool:
    """Russian taxpayer number, 10 digits (companies) or 12 (people).

    Weighted sum modulo 11 modulo 10: order of the Federal Tax Service MMV-7-6/435@ of 29.06.2012.
    """
    if not (number.isascii() and number.isdigit()):
        return False
    digits = [int(digit) for digit in number]
    if len(digits) == 10:
        return digits[9] == _weighted(digits, _INN_10)
    if len(digits) == 12:
        return digits[10] == _weighted(digits, _INN_11) and digits[11] == _weighted(digits, _INN_12)
    return False


def is_ogrn(number: str) -> bool:
    """OGRN (13 digits: the first 12 modulo 11) or OGRNIP (15: the first 14 modulo 13).

    The last digit of the remainder: order of the Ministry of Finance 165n of 30.10.2017.
    """
    if not (number.isascii() and number.isdigit()) or len(number) not in (13, 15):
        return False
    remainder = int(number[:-1]) % (len(number) - 2)
    return remainder % 10 == int(number[-1])


def is_account_of(account: str, bik: str) -> bool:
    """Whether a Russian account of 20 digits matches the bank's BIK of 9 digits.

    Weights 7, 1, 3 over 23 digits, the last digit of the sum is 0: order of the Central Bank 515
    of 08.09.1997. The BIK's last three digits precede the account. For an account at the Central
    Bank (BIK ending in 000 to 002) and for correspondent accounts (301...) these are "0" and the
    BIK's fifth and sixth digits instead.
    """
    if not re.fullmatch(r"\d{20}", account, re.ASCII) or not re.fullmatch(r"\d{9}", bik, re.ASCII):
        return False
    at_central_bank = int(bik[6:]) < 3 or account.startswith("301")
    prefix = f"0{bik[4:6]}" if at_central_bank else bik[6:]
    weights = cycle((7, 1, 3))
    total = sum(
        int(digit) * weight % 10 for digit, weight in zip(prefix + account, weights, strict=False)
    )
    return total % 10 == 0


def _weighted(digits: list[int], weights: tuple[int, ...]) -> int:
    return sum(d * w for d, w in zip(digits, weights, strict=False)) % 11 % 10
