"""Text of the drawn lines: prose, single words, and typical contents of documents.

Half of it is running text in Russian, a fifth English, the rest labels, names, addresses, sums,
dates, numbers and codes, where a recogniser cannot guess a letter from its neighbours.
"""

from __future__ import annotations

import random
import re
from functools import cache
from typing import Final

from training.line_reader.charset import ACCENTS, CHARACTERS, CYRILLIC, FORM_SIGNS, known_part
from training.line_reader.sources import OTHER_SCRIPTS, Texts

# In a longer line a letter is narrower than one step of the recogniser.
LONGEST: Final = 48
_DIGITS: Final = "0123456789"
_MONTHS_RU: Final = (
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
)
_MONTHS_EN: Final = (
    "January February March April May June July August September October November December"
)
_SURNAMES: Final = (
    "Иванов Петров Сидоров Кузнецов Смирнов Щербаков Юдин Ёлкин Жуков Цветков Эйхман Фёдоров "
    "Хабибуллин Чернышёв Шишкин Гаврилов Дьяков Зайцев Лебедев Мельников Объедков Рыбаков "
    "Тарасов Яковлев Щукин Цаплин Шевцов Нилин Иньшин"
)
_GIVEN: Final = (
    "Александр Борис Виктор Геннадий Дмитрий Евгений Жанна Зинаида Илья Константин Людмила Мария "
    "Николай Ольга Пётр Роман Светлана Татьяна Ульяна Фёдор Эльвира Юлия Ярослав Нина Инна"
)
_PATRONYMICS: Final = (
    "Александрович Борисовна Викторович Геннадьевна Евгеньевич Ефимович Ильинична Константинович "
    "Николаевна Олегович Петровна Сергеевич Юрьевна Щукинична Иннокентьевич"
)
_CITIES: Final = (
    "Москва Санкт-Петербург Ярославль Рязань Екатеринбург Уфа Йошкар-Ола Шахты Щёлково Ницинск"
)
_LABELS: Final = (
    "Итого:|Итого к оплате|Всего к оплате:|В том числе НДС|Без НДС|Сумма|Сумма НДС|Цена|Кол-во|"
    "Количество|Ед. изм.|Наименование товара|Поставщик:|Покупатель:|Грузополучатель|Плательщик|"
    "Получатель|Назначение платежа|Счёт на оплату №|Счёт-фактура №|Акт выполненных работ|Договор №|"
    "Дата рождения|Место рождения|Кем выдан|Код подразделения|Действителен до|Подпись|М.П.|"
    "Руководитель|Главный бухгалтер|Кассир|Чек №|Смена|Приход|Наличными|Безналичными|Сдача|"
    "Invoice No.|Bill to:|Ship to:|Due date|Amount due|Subtotal|Total|VAT 20%|Qty|Unit price|"
    "Description|Terms|Account No.|Balance due|Date of issue|Signature|Tel.|Fax|Order ID|"
    "Page 1 of 3"
)
_RECEIPT_LABELS: Final = (
    "Total|Sub Total|Grand Total|Cash|Change|Rounding|Rounding Adj|Discount|Net Total|Amount Due|"
    "Receipt No.|Receipt #|Invoice No|Inv No.|Bill No.|Cashier|Cashier No|Table|Pax|Counter|"
    "Date|Time|Qty|Price|Item|Item(s)|Total Qty|Tendered|Balance|Visa|Mastercard|Card No|"
    "Approval Code|Tax Invoice|Thank you|Please come again|Goods sold are not returnable|Member|"
    "Points|Salesperson|Terminal|Trans No.|Ref No.|Doc No.|Co. Reg No|GST Summary|Tax Code|Amount|"
    "Service Charge|Ticket"
)
# The crop of one word does not show whether its letters are capitals. These are.
_ABBREVIATIONS: Final = (
    "ИНН КПП БИК ОГРН ОГРНИП СНИЛС НДС ИТОГ ИТОГО ВСЕГО ОКПО ОКУД ОКАТО ОКТМО КБК УИН ФИО "
    "ЧЕК СУММА РФ МВД ФМС УФМС ОУФМС ГУ ОВД ЕГРЮЛ ОСАГО ПТС СТС ФНС ФСС ПФР МСК СПБ "
    "VIN IBAN BIC SWIFT VAT PIN USD EUR RUB"
)
_CODE_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
_PLATE_LETTERS: Final = "АВЕКМНОРСТУХ"


@cache
def _words(text: str, separator: str | None = None) -> list[str]:
    """A list of words, written as one string for readability."""
    return text.split(separator)


_OTHER_SHARE: Final = 0.05
# The common characters of GB 2312, rows 16 to 54.
HAN: Final = "".join(
    bytes((0xA0 + row, 0xA0 + cell)).decode("gb2312")
    for row in range(16, 55)
    for cell in range(1, 95)
)


class Phrases:
    """Samples lines of text. validation: from the last tenth of the texts, else from the rest."""

    def __init__(self, texts: Texts, rng: random.Random, *, validation: bool = False) -> None:
        self._prose, self._words, self._rng = texts.prose, texts.words, rng
        self._from, self._to = (0.9, 1.0) if validation else (0.0, 0.9)

    def line(self) -> tuple[str, str]:
        """(text of 1 to LONGEST characters, its language).

        The language is "ru", "en", "uk", "be", "any", or a script of OTHER_SCRIPTS. Only a text in
        such a script has letters outside the character set.
        """
        rng = self._rng
        length = round(rng.triangular(3, LONGEST - 2, 30))
        kind = rng.random()
        language = "ru"
        if rng.random() < _OTHER_SHARE:
            return self._in_another_script()
        if kind < 0.32:
            text = self._span("ru", length)
        elif kind < 0.44:
            text, language = self._receipt(), "en"
        elif kind < 0.53:
            text = self._row_of_words("ru", length)
        elif kind < 0.57:
            language = rng.choice(("uk", "be"))
            text = self._row_of_words(language, length)
        elif kind < 0.74:
            text, language = self._span("en", length), "en"
        elif kind < 0.78:
            text = f"{self._span('ru', length // 2)} {self._span('en', length // 2)}"
        elif kind < 0.81:
            text, language = self._accented(self._span("en", length)), "any"
        elif kind < 0.97:
            text = self._field()
            language = "ru" if any(one in CYRILLIC for one in text) else "en"
        else:
            count = rng.randint(4, 20)
            text, language = (
                known_part("".join(rng.choice(CHARACTERS) for _ in range(count))),
                "any",
            )
        return known_part(self._dressed(text, language))[:LONGEST].strip() or "1", language

    def _dressed(self, text: str, language: str) -> str:
        """The text with capitals, bullets and marks as at the ends of lines."""
        rng = self._rng
        case = rng.random()
        # Headings and labels are short.
        capitals = 0.25 if len(text) < 16 else 0.10
        if case < capitals:
            text = text.upper()
        elif case < capitals + 0.06:
            text = text.title()
        elif case < capitals + 0.12:
            text = text[:1].upper() + text[1:]
        if language != "en" and rng.random() < 0.1:
            bullets = ("- ", "• ", "1. ", "2) ", "а) ", "б) ", "— ", "(", "«", "№ ")
            text = rng.choice(bullets) + text
        if rng.random() < 0.02:
            text = f"{rng.choice(FORM_SIGNS + '☐☑✓')} {text}"
        if rng.random() < 0.12:
            text += rng.choice(",.;:!?)»-")
        return re.sub(r"\s+", " ", text).strip()

    def _span(self, language: str, length: int) -> str:
        """Whole words of running text, of about `length` characters."""
        prose = self._prose[language]
        at = int(len(prose) * self._rng.uniform(self._from, self._to))
        start = prose.find(" ", min(at, len(prose) - 400)) + 1
        piece = prose[start : start + length + 30].replace("\n", " ")
        end = piece.find(" ", length)
        return piece[: end if end > 0 else length].strip()

    def _in_another_script(self) -> tuple[str, str]:
        """Random letters of another script, alone or with a number or a Latin word."""
        rng = self._rng
        script = rng.choice([*OTHER_SCRIPTS, "han", "han", "han"])
        letters = HAN if script == "han" else OTHER_SCRIPTS[script]
        words = ["".join(rng.choice(letters) for _ in range(rng.randint(1, 8)))]
        words += rng.choice(([], [], [self._digits(rng.randint(1, 8))], [self._latin_word()]))
        if rng.random() < 0.3:
            words.reverse()
        return rng.choice((" ", " ", "", ":", ": ")).join(words), script

    def _accented(self, text: str) -> str:
        """The text with accents on some letters."""
        rng = self._rng
        return "".join(
            rng.choice(ACCENTS[letter]) if letter in ACCENTS and rng.random() < 0.15 else letter
            for letter in text
        )

    def _row_of_words(self, language: str, length: int) -> str:
        gaps = (" ", " ", " ", " ", ", ", ". ", "; ", " - ", " — ", " (", ") ")
        text = ""
        while len(text) < length:
            text += self._rng.choice(self._words[language]) + self._rng.choice(gaps)
        return text

    def _digits(self, count: int) -> str:
        return "".join(self._rng.choice(_DIGITS) for _ in range(count))

    def _latin_word(self) -> str:
        return re.sub(r"[^A-Za-z]", "", self._span("en", 6)) or "data"

    def _field(self) -> str:
        writers = (
            self._amount,
            self._date,
            self._name,
            self._tax_numbers,
            self._account,
            self._address,
            self._telephone,
            self._code,
            self._amounts,
            self._numbers,
            self._web,
            self._numbered,
            self._passport,
            self._plate,
            self._label,
            self._label,
            self._cell,
            self._cell,
            self._company,
            self._machine_readable,
            self._in_two_languages,
        )
        return self._rng.choice(writers)()

    def _amount(self) -> str:
        rng = self._rng
        group = rng.choice((" ", " ", "", "", ",", "'"))
        point = "." if group == "," else rng.choice((",", ".", "-"))
        text = f"{int(10 ** rng.uniform(0, 8)):,}".replace(",", group)
        if rng.random() < 0.75:
            text += point + self._digits(2)
        before = ("", "", "", "$", "€", "₽ ", "£", "-", "(")
        after = (
            "", "", " руб.", " р.", " ₽", " €", " руб. 00 коп.", "%", " шт", " кг", " USD",
            " м²", " кВт·ч", " ч.", " CR", ")",
        )  # fmt: skip
        return rng.choice(before) + text + rng.choice(after)

    def _amounts(self) -> str:
        return " ".join(self._amount() for _ in range(self._rng.randint(1, 4)))

    def _receipt(self) -> str:
        """A line of an English till receipt: mostly capitals, numbers and short words."""
        rng = self._rng
        price = f"{rng.choice((rng.uniform(0, 30), rng.uniform(0, 400))):.2f}"
        name = self._span("en", rng.randint(4, 22))
        name = rng.choice((name.upper(), name.upper(), name.title()))
        tax, code = (
            rng.choice(("GST", "VAT", "TAX", "SST")),
            rng.choice(("", "", " SR", " Z", " S")),
        )
        currency = rng.choice(("", "", "$", "£", "€", "USD ", "RM ", "RM", "S$", "Rs. ", "R "))
        number, count = self._digits(rng.randint(4, 8)), rng.randint(1, 12)
        clock = f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}"
        clock += rng.choice(("", f":{rng.randint(0, 59):02}", " AM", " PM"))
        day = (
            f"{rng.randint(1, 31):02}{rng.choice('/-.')}{rng.randint(1, 12):02}/20{self._digits(2)}"
        )
        company = rng.choice(_words("LTD INC LLC CO. PLC CORP. BHD GMBH PTY S.A. S.R.L. B.V. PTE"))
        label = rng.choice(_words(_RECEIPT_LABELS, "|"))
        label = label.upper() if rng.random() < 0.5 else label
        colon = rng.choice((":", " :", ": ", " : ", ""))
        return rng.choice(
            (
                f"{name} {price}",
                f"{name}",
                f"{count} {name} {price}{code}",
                f"{count} {rng.choice('xX@')} {price} {float(price) * count:.2f}{code}",
                f"{self._digits(rng.choice((8, 13)))} {name}",
                f"{label}{colon}{currency}{price}",
                f"{label}{colon}{number}",
                f"{label}{colon}{name}",
                f"{label} {currency}{price}",
                f"{tax} @{count}% {price}",
                f"TOTAL ({rng.choice(('INCL', 'EXCL', 'incl.'))} {tax} {count}%) {price}",
                f"{tax} {rng.choice(('ID', 'REG', 'No.', 'NO'))}{colon}{self._digits(12)}",
                f"{self._latin_word().upper()} {company}",
                f"{self._latin_word().upper()} {company} ({number}-{rng.choice(_CODE_LETTERS)})",
                f"NO. {count}, {name}",
                f"{rng.choice(_words('No. NO. No Lot'))} {number[:3]}, {name}",
                f"{self._digits(5)} {name}",
                f"TEL{colon}{self._digits(2)}-{self._digits(4)} {self._digits(4)}",
                f"{rng.choice(('Date', 'DATE', 'Time', ''))}{colon}{day} {clock}",
                f"{currency}{price}{code}",
                f"{day}  {clock}  {number}",
                rng.choice("*-=.#") * rng.randint(1, 6) + label.upper() + "*" * rng.randint(0, 6),
            )
        )

    def _machine_readable(self) -> str:
        """A line of a passport's or card's machine-readable zone (ICAO 9303), or a part of it."""
        rng = self._rng
        country = rng.choice(_words("RUS GBR DEU FRA USA UKR BLR KAZ POL ITA ESP UTO"))
        names = [self._latin_word().upper() for _ in range(3)]
        if rng.random() < 0.5:
            kind = rng.choice(("P<", "PN", "I<", "ID", "V<"))
            text = f"{kind}{country}{names[0]}<<{names[1]}<{names[2]}"
        else:
            number = "".join(rng.choice(_CODE_LETTERS) for _ in range(2)) + self._digits(8)
            text = f"{number}{country}{self._digits(7)}{rng.choice('MF<')}{self._digits(7)}"
        text = text.ljust(44, "<")
        start = rng.choice((0, 0, 0, 8, 20))
        return text[start : start + rng.choice((44, 44, 30, 24))]

    def _company(self) -> str:
        """A legal form, whose round letters resemble zeros, and a name in quotes."""
        rng = self._rng
        form = rng.choice(
            _words("ООО ООО ООО ОАО АО ПАО ЗАО ОАО ТОО НКО АНО ФГУП МУП ИП ГБОУ СПАО")
        )
        name = self._span("ru", rng.randint(4, 16)).capitalize()
        name = name.upper() if rng.random() < 0.2 else name
        before = rng.choice(("", "", "", "Поставщик: ", "Покупатель ", "Банк ", "от ", "с "))
        opening, closing = rng.choice(("«»", "«»", "«»", '""', "“”", "„“"))
        return f"{before}{form} {opening}{name}{closing}"

    def _in_two_languages(self) -> str:
        """A label in Russian and English, as on passports and licences."""
        rng = self._rng
        russian, english = (
            self._span("ru", rng.randint(3, 12)),
            self._span("en", rng.randint(3, 12)),
        )
        parts = [russian.capitalize(), english.capitalize()]
        if rng.random() < 0.3:
            parts.reverse()
        return rng.choice(("/", "/", " / ", " (", " - ")).join(parts)

    def _cell(self) -> str:
        """A narrow cell of a table: nothing beside a character tells 3 from З and 0 from О."""
        rng = self._rng
        kind = rng.random()
        if kind < 0.65:
            return self._digits(rng.choice((1, 1, 1, 2, 2, 3)))
        if kind < 0.8:
            return self._digits(rng.choice((1, 2))) + rng.choice((".", ")", "%", ":", "-"))
        if kind < 0.9:
            return rng.choice(_words(_ABBREVIATIONS))
        return rng.choice(
            _words("шт шт. кг л м ч руб. pcs kg h No. № X V — - + M Ж А Б В I II III IV")
        )

    def _numbers(self) -> str:
        return " ".join(self._digits(self._rng.randint(1, 6)) for _ in range(4))

    def _date(self) -> str:
        rng = self._rng
        day, month, year = rng.randint(1, 31), rng.randint(1, 12), rng.randint(1950, 2030)
        russian, english = _words(_MONTHS_RU)[month - 1], _words(_MONTHS_EN)[month - 1]
        clock = f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}"
        return rng.choice(
            (
                f"{day:02}.{month:02}.{year}",
                f"{day:02}.{month:02}.{year % 100:02}",
                f"{day:02}/{month:02}/{year}",
                f"{year}-{month:02}-{day:02}",
                f"«{day:02}» {russian} {year} г.",
                f"{day} {russian} {year} года",
                f"{english} {day}, {year}",
                f"{day} {english[:3]} {year}",
                f"{day:02}.{month:02}.{year} {clock}",
            )
        )

    def _name(self) -> str:
        rng = self._rng
        surname = rng.choice(_words(_SURNAMES)) + rng.choice(("", "а"))
        given, patronymic = rng.choice(_words(_GIVEN)), rng.choice(_words(_PATRONYMICS))
        return rng.choice(
            (
                f"{surname} {given} {patronymic}",
                f"{surname} {given[0]}.{patronymic[0]}.",
                f"{given[0]}. {patronymic[0]}. {surname}",
            )
        )

    def _tax_numbers(self) -> str:
        after = self._rng.choice(("", f" КПП {self._digits(9)}", f"/КПП {self._digits(9)}"))
        return f"ИНН {self._digits(self._rng.choice((10, 12)))}{after}"

    def _account(self) -> str:
        labels = (
            "р/с", "Р/с №", "Сч. №", "к/с", "Расчётный счёт", "БИК", "ОГРН", "ОКПО", "УИН", "КБК",
            "IBAN", "ИНН",
        )  # fmt: skip
        gap = self._rng.choice((" ", ": "))
        return self._rng.choice(labels) + gap + self._digits(self._rng.choice((9, 13, 20)))

    def _address(self) -> str:
        rng = self._rng
        street = rng.choice(self._words["ru"]).capitalize()
        ends = ("", "А", f", кв. {rng.randint(1, 300)}", f", стр. {rng.randint(1, 9)}")
        return (
            f"{rng.choice(('г. ', 'гор. '))}{rng.choice(_words(_CITIES))}, ул. {street}, "
            f"д. {rng.randint(1, 200)}{rng.choice(ends)}"
        )

    def _telephone(self) -> str:
        numbers = (
            f"({self._digits(3)}) {self._digits(3)}-{self._digits(2)}-{self._digits(2)}",
            f"{self._digits(3)} {self._digits(3)} {self._digits(2)} {self._digits(2)}",
        )
        before = ("+7 ", "8 ", "тел.: +7 ", "Телефон 8 ")
        return self._rng.choice(before) + self._rng.choice(numbers)

    def _code(self) -> str:
        count = self._rng.randint(5, 17)
        return "".join(self._rng.choice(_CODE_LETTERS) for _ in range(count))

    def _web(self) -> str:
        first, second = self._latin_word().lower(), self._latin_word().lower()
        end = self._rng.choice(("ru", "com", "org"))
        return self._rng.choice(
            (f"{first}@{second}.{end}", f"www.{first}.ru", f"https://{first}.{end}/{second}")
        )

    def _numbered(self) -> str:
        rng = self._rng
        number = f"{rng.randint(1, 20)}.{rng.randint(1, 20)}."
        return f"{number} {self._span('ru', rng.randint(5, 30)).capitalize()}"

    def _passport(self) -> str:
        series = f"{self._digits(2)} {self._digits(2)}"
        return f"паспорт серия {series} № {self._digits(6)}"

    def _plate(self) -> str:
        letters = [self._rng.choice(_PLATE_LETTERS) for _ in range(3)]
        return f"{letters[0]}{self._digits(3)}{letters[1]}{letters[2]} {self._digits(2)}"

    def _label(self) -> str:
        label = self._rng.choice(_words(_LABELS, "|"))
        after = self._rng.choice(("", "", f" {self._amount()}", f" {self._digits(5)}"))
        return label + after
