"""Random Russian values: names, companies, addresses, dates, amounts, and registry numbers.

Control digits are valid. All values are invented.
"""

from __future__ import annotations

import random
from datetime import date

from .values import Values, digits, items, weighted, words
from .values_en import priced

FIRST_M = words(
    "Алексей Виктор Григорий Денис Егор Захар Илья Кирилл Леонид Матвей Никита Павел "
    "Роман Степан Тимур"
)
FIRST_F = words(
    "Анна Вера Галина Дарья Елена Жанна Зоя Инна Ксения Лидия Марина Нина Ольга Полина Раиса"
)
FATHERS = words(
    "Алексеев Викторов Григорьев Денисов Егоров Захаров Кириллов Леонидов Матвеев Павлов "
    "Романов Степанов"
)
LAST = words(
    "Берестов Вяземцев Горлицын Дубровников Ерохин Жаворонков Заречный Истомин Калинников "
    "Лапшин Мокроусов Нефедьев Ольшанский Пестриков Рябинин Садовников Трубников Уваркин "
    "Фирсанов Хвостиков Цаплин Чеботарёв Шелестов Щукин Южаков"
)
MONTHS = words("января февраля марта апреля мая июня июля августа сентября октября ноября декабря")
MONTHS_NOM = words(
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь"
)
_CITIES = items(
    "Верхнеозёрск|Заречье|Светлогорск|Новоречье|Белокаменск|Старый Бор|Лесогорск|"
    "Приозёрный|Красноборск|Усть-Лада|Черемшанск|Синегорье|Ольховка|Каменный Брод|"
    "Дальнегорье"
)
_STREETS = items(
    "Садовая|Заводская|Озёрная|Вишнёвая|Речная|Полевая|Библиотечная|Набережная|Лесная|"
    "Кленовая|Солнечная|Мостовая|Ярмарочная|Почтовая|Каштановая"
)
_STEMS = items(
    "Вектор|Заря|Меркурий-Плюс|Северный ветер|Альтаир|Ладога-Сервис|Технопарк|Рубеж|"
    "Светоч|Гранит|Комета|Орион-М|Уралснаб|Канцмир|Промстройсервис|Стандарт|Берёзка|"
    "Атлант|Радуга|Кристалл"
)
_BANKS = items(
    "АО «Приозёрный банк»|ПАО «Заречьебанк»|ООО КБ «Гранит-Кредит»|АО КБ «Северная казна»|"
    "ПАО «Лесогорский банк»|АКБ «Синегорье»"
)
_POSITIONS = items(
    "Главный бухгалтер|Генеральный директор|Начальник отдела снабжения|"
    "Заместитель директора|Заведующий архивом|Начальник отдела кадров|"
    "Руководитель проекта|Председатель правления|Учёный секретарь|Главный инженер"
)
GOODS = (
    "Бумага офисная А4|32000;Картридж CT-120|410000;Лампа настольная|189000;"
    "Кресло офисное|950000;"
    "Маркеры для доски|42000;Стеллаж металлический|640000;Кабель сетевой 20 м|"
    "98000;Папка-регистратор|21000;"
    "Перчатки рабочие|9500;Светильник светодиодный|215000;Дрель аккумуляторная|"
    "789000;Шкаф для документов|1240000;"
    "Конверты С5|85000;Фильтр для воды|133000;Краска белая 10 л|287000;Часы "
    "настенные|119000;"
    "Принтер лазерный LP-220|1690000;Диск внешний 2 ТБ|745000;Аптечка первой "
    "помощи|164000;Удлинитель|76000;"
    "Уничтожитель бумаг|880000;Мыло жидкое 5 л|61000;Доска магнитная|355000;"
    "Калькулятор|139000"
)
GROCERIES = (
    "Молоко 2,5% 1л|8990;Хлеб ржаной|5450;Рис круглый 900г|11990;Яйцо С1 10шт|"
    "10900;Сок яблочный 1л|13990;"
    "Чай чёрный 100пак|21990;Томаты вес.|18990;Порошок стиральный|34900;Филе "
    "куриное|38900;Масло слив. 82%|21500;"
    "Бананы вес.|13990;Губки 5шт|7990;Макароны 450г|8450;Вода минер. 1,5л|6490;"
    "Шоколад тёмный|12990;"
    "Масло подсолн.|14990;Батарейки АА 4шт|24900;Кефир 1% 930г|8790;Творог 5% "
    "200г|9990;Сыр полутв.|28900;"
    "Кофе молотый 250г|39900;Гречка 800г|9490;Сахар 1кг|7590;Печенье овсяное|"
    "11490;Тетрадь 48л|4990;"
    "Ручка шариковая|3500;Скотч 48мм|9900;Саморезы 100шт|12900"
)
_ONES_M = words(
    "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать "
    "тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать"
)
_TENS = words("_ _ двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто")
_HUNDREDS = words("_ сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот")


def plural(number: int, one: str, few: str, many: str) -> str:
    """The noun's form after a number: 1 рубль, 2 рубля, 5 рублей."""
    if number % 100 in range(11, 15):
        return many
    return one if number % 10 == 1 else few if number % 10 in (2, 3, 4) else many


def feminine(name: str) -> str:
    """The feminine form of a surname."""
    return name[:-2] + "ая" if name.endswith(("ый", "ий")) else name + "а"


class Russian(Values):
    """Values of a Russian document."""

    language = "ru"

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.style = rng.choice(["руб.", "руб.", "руб", "₽", "р.", ""])
        self.comma = rng.choice([",", ",", ",", "."])
        self.thousands = rng.choice([" ", " ", " ", ""])
        self.date_style = rng.randrange(6)
        self.initials_first = rng.random() < 0.5

    def group(self, number: int) -> str:
        return f"{number:,}".replace(",", self.thousands)

    def date(self, day: date, style: int | None = None) -> str:
        month = MONTHS[day.month - 1]
        return [
            f"{day:%d.%m.%Y}",
            f"{day.day} {month} {day.year} г.",
            f"«{day.day:02d}» {month} {day.year} г.",
            f"{day:%d.%m.%Y}",
            f"{day.day} {month} {day.year} года",
            f"{day:%d.%m.%Y} г.",
        ][self.date_style if style is None else style]

    def money(self, cents: int, sign: bool = True) -> str:
        number = f"{self.group(cents // 100)}{self.comma}{cents % 100:02d}"
        return f"{number} {self.style}" if sign and self.style else number

    def kopecks(self, cents: int) -> str:
        """The format of banks: 12345-67."""
        return f"{cents // 100}-{cents % 100:02d}"

    def _parts(self) -> tuple[str, str, str]:
        father = self.pick(FATHERS)
        if self.rng.random() < 0.5:
            return self.pick(LAST), self.pick(FIRST_M), father + "ич"
        return feminine(self.pick(LAST)), self.pick(FIRST_F), father + "на"

    def person(self) -> str:
        """Surname, name and patronymic in full."""
        return self.fresh(lambda: " ".join(self._parts()))

    def short_person(self) -> str:
        """Surname with initials, in either order."""

        def draw() -> str:
            last, first, father = self._parts()
            initials = f"{first[0]}.{father[0]}."
            return f"{initials} {last}" if self.initials_first else f"{last} {initials}"

        return self.fresh(draw)

    def company(self) -> str:
        forms = ["ООО", "ООО", "АО", "ПАО", "ЗАО"]
        return f"{self.pick(forms)} «{self.fresh(lambda: self.pick(_STEMS))}»"

    def city(self) -> str:
        return self.pick(_CITIES)

    def street(self) -> str:
        tail = self.pick(
            ["", f", оф. {self.rng.randint(2, 90)}", f", корп. {self.rng.randint(1, 5)}"]
        )
        return f"ул. {self.pick(_STREETS)}, д. {self.rng.randint(1, 140)}{tail}"

    def address(self) -> str:
        return f"{self.rng.randint(141000, 692000)}, г. {self.city()}, {self.street()}"

    def phone(self) -> str:
        r = self.rng
        a, b, c = r.randint(20, 99), r.randint(10, 99), r.randint(10, 99)
        code = self.pick(["4009", "8009", "3009", "4900"])  # codes that no town has
        return self.pick(
            [f"+7 ({code}) {a}-{b}-{c}", f"8 ({code}) {a}-{b}-{c}", f"{r.randint(2, 9)}{a}-{b}-{c}"]
        )

    def bank(self) -> str:
        return self.fresh(lambda: self.pick(_BANKS))

    def position(self) -> str:
        return self.pick(_POSITIONS)

    def goods(self) -> tuple[str, int]:
        name, price = self.rng.choice(priced(GOODS))
        return name, round(price * self.rng.uniform(0.7, 1.4))

    def groceries(self) -> tuple[str, int]:
        name, price = self.rng.choice(priced(GROCERIES))
        return name, round(price * self.rng.uniform(0.7, 1.4))

    def _hundreds(self, number: int, female: bool) -> list[str]:
        out = [_HUNDREDS[number // 100]] if number >= 100 else []
        number %= 100
        if number >= 20:
            out.append(_TENS[number // 10])
            number %= 10
        if number:
            word = _ONES_M[number]
            out.append({"один": "одна", "два": "две"}.get(word, word) if female else word)
        return out

    def in_words(self, number: int) -> str:
        if number == 0:
            return "ноль"
        out: list[str] = []
        if number >= 1_000_000:
            part = number // 1_000_000
            out += [*self._hundreds(part, False), plural(part, "миллион", "миллиона", "миллионов")]
        if number // 1000 % 1000:
            part = number // 1000 % 1000
            out += [*self._hundreds(part, True), plural(part, "тысяча", "тысячи", "тысяч")]
        return " ".join(out + self._hundreds(number % 1000, False))

    def amount_in_words(self, cents: int) -> str:
        roubles, kopecks = divmod(cents, 100)
        text = (
            f"{self.in_words(roubles)} {plural(roubles, 'рубль', 'рубля', 'рублей')} {kopecks:02d} "
        )
        return text[0].upper() + text[1:] + plural(kopecks, "копейка", "копейки", "копеек")

    def inn(self, personal: bool = False) -> str:
        """A tax number with valid control digits: 10 digits, or 12 for a person."""
        head = f"{self.rng.randint(1, 89):02d}" + digits(self.rng, 8 if personal else 7)
        if not personal:
            return head + str(weighted(head, (2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10)
        head += str(weighted(head, (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10)
        return head + str(weighted(head, (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10)

    def kpp(self) -> str:
        r = self.rng
        return f"{r.randint(1, 89):02d}{r.randint(1, 60):02d}01{r.randint(1, 999):03d}"

    def ogrn(self) -> str:
        head = f"1{self.rng.randint(2, 24):02d}" + digits(self.rng, 9)
        return head + str(int(head) % 11 % 10)

    def bic(self) -> str:
        r = self.rng
        return f"04{r.randint(1, 89):02d}{r.randint(10, 99)}{r.randint(50, 999):03d}"

    def account(self, bic: str, prefix: str = "40702810") -> str:
        """A 20-digit account whose control digit (the ninth) matches the bank's BIC."""
        tail = digits(self.rng, 11)
        lead = bic[-3:] if not prefix.startswith("301") else "0" + bic[4:6]
        if prefix.startswith("301"):
            tail = f"{self.rng.randint(1, 99999999):08d}" + bic[-3:]
        total = weighted(f"{lead}{prefix}0{tail}", (7, 1, 3) * 8)
        return f"{prefix}{total % 10 * 3 % 10}{tail}"

    def snils(self) -> str:
        head = digits(self.rng, 9)
        control = weighted(head, range(9, 0, -1)) % 101 % 100
        return f"{head[:3]}-{head[3:6]}-{head[6:]} {control:02d}"

    def latin(self, text: str) -> str:
        table = dict(
            zip(
                "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
                [
                    "a",
                    "b",
                    "v",
                    "g",
                    "d",
                    "e",
                    "e",
                    "zh",
                    "z",
                    "i",
                    "y",
                    "k",
                    "l",
                    "m",
                    "n",
                    "o",
                    "p",
                    "r",
                    "s",
                    "t",
                    "u",
                    "f",
                    "kh",
                    "ts",
                    "ch",
                    "sh",
                    "sch",
                    "_",
                    "y",
                    "_",
                    "e",
                    "yu",
                    "ya",
                ],
                strict=True,
            )
        )
        return "".join(table.get(c, c) for c in text.lower())
