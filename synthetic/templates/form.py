"""Forms and applications: labels with values written in, ticked boxes."""

from __future__ import annotations

from collections.abc import Sequence

from ..artwork import BLUE
from ..registry import template
from ..sheet import Sheet


def form_data(s: Sheet) -> dict[str, tuple[str, str]]:
    """Key to (label, value) for the entries of a person's form."""
    r, en = s.rng, s.language == "en"
    name = s.v.person()
    train = s.split == "train"
    passport = (
        f"{r.randint(10, 99)} {r.randint(10, 24)} {r.randint(100000, 999999)}"
        if not en
        else f"{r.choice('ABCEH')}{r.randint(1000000, 9999999)}"
    )
    values = {
        "name": (
            ("Full name|Applicant|Name of applicant", "ФИО|Фамилия, имя, отчество|Заявитель"),
            ("Surname and given names", "Кто подаёт заявление"),
            name,
        ),
        "birth": (
            ("Date of birth|Born on", "Дата рождения"),
            ("Birth date (d/m/y)", "Когда родился(-лась)"),
            s.v.date(s.v.day(1950, 2004)),
        ),
        "birth_place": (
            ("Place of birth", "Место рождения"),
            ("Born in (town)", "Где родился(-лась)"),
            s.v.city() if en else f"г. {s.v.city()}",
        ),
        "address": (
            ("Home address|Address", "Адрес проживания|Домашний адрес"),
            ("Place of residence", "Зарегистрирован(а) по адресу"),
            s.v.address(),
        ),
        "phone": (
            ("Telephone|Phone No.", "Телефон|Контактный телефон"),
            ("Daytime phone", "Номер для связи"),
            s.v.phone(),
        ),
        "email": (
            ("E-mail|Email address", "Эл. почта|E-mail"),
            ("Electronic mail", "Почта"),
            s.v.email(name),
        ),
        "passport": (
            ("Passport No.|Identity document No.", "Паспорт (серия, номер)|Паспорт"),
            ("Travel document", "Удостоверение личности"),
            passport,
        ),
        "employer": (
            ("Employer|Place of work", "Место работы"),
            ("Works at", "Работодатель"),
            s.v.company(),
        ),
        "position": (
            ("Occupation|Position", "Должность"),
            ("Job title", "Кем работает"),
            s.v.position(),
        ),
        "income": (
            ("Monthly income", "Ежемесячный доход"),
            ("Net monthly earnings", "Доход в месяц"),
            s.v.money(r.randint(12, 90) * (10000 if en else 200000)),
        ),
        "children": (
            ("Number of children", "Количество детей"),
            ("Dependent children", "Детей на иждивении"),
            str(r.randint(1, 4)),
        ),
        "bank_account": (
            ("Account No.", "Номер счёта"),
            ("Credit to account", "Счёт для выплаты"),
            s.en.account() if en else s.ru.account(s.ru.bic(), "40817810"),
        ),
    }
    if not en:
        values["snils"] = (("", "СНИЛС"), ("", "Страховой номер"), s.ru.snils())
        values["inn"] = (("", "ИНН"), ("", "ИНН физлица"), s.ru.inn(True))
    return {k: (s.t(*(a if train else b)), s.mark(k, v)) for k, (a, b, v) in values.items()}


def _ticks(
    s: Sheet, x: float, y: float, label: str, key: str, options: Sequence[str], step: float
) -> float:
    """A row of boxes, one of them ticked."""
    chosen = s.rng.randrange(len(options))
    with s.region("Text"):
        s.line(x, y, label, 17)
        at = x + max(180, s.measure(label, 17) + 20)
        for k, option in enumerate(options):
            s.checkbox(at, y + 2, 15, k == chosen)
            s.line(at + 22, y, f"{{{key}={option}}}" if k == chosen else option, 17)
            at += max(step, s.measure(option, 17) + 50)
    if chosen >= 0:
        s.fields[key] = options[chosen]
    return y + 34


def some_entries(
    s: Sheet, data: dict[str, tuple[str, str]], first: Sequence[str], others: int
) -> list[tuple[str, str]]:
    """The named entries and some of the others, in the dictionary's order."""
    rest = [k for k in data if k not in first]
    chosen = set(first) | set(s.rng.sample(rest, min(others, len(rest))))
    for key in data:
        if key not in chosen:
            s.fields.pop(key, None)
    return [data[k] for k in data if k in chosen]


def _options(s: Sheet) -> tuple[list[str], list[str]]:
    if s.language == "en":
        return ["single", "married", "widowed", "divorced"], ["by post", "in person", "by e-mail"]
    return ["не в браке", "в браке", "вдовец/вдова"], ["почтой", "лично", "по эл. почте"]


def form_gaps(s: Sheet) -> None:
    s.cannot_tell(
        "What is the applicant's blood group?|What languages does the applicant "
        "speak?|Who is the applicant's doctor?",
        "Какими языками владеет заявитель?|Как зовут супруга заявителя?|Какая группа "
        "крови у заявителя?",
    )


@template("form", "lined", "train")
def lined(s: Sheet) -> None:
    """Label on the left, value on a rule."""
    with s.region("Title"):
        y = s.paragraph(
            80,
            60,
            840,
            s.t(
                "APPLICATION FOR A LIBRARY CARD|APPLICATION FOR A PARKING PERMIT|REGISTRATION FORM",
                "АНКЕТА ЗАЯВИТЕЛЯ|ЗАЯВЛЕНИЕ НА ВЫДАЧУ ПРОПУСКА|РЕГИСТРАЦИОННАЯ КАРТА",
            ),
            28,
            "b",
            align="center",
        )
    with s.region("Text"):
        y = s.line(
            80,
            y,
            s.t("Form No. ", "Форма № ")
            + s.mark("number", f"{s.rng.randint(100, 999)}-{s.rng.randint(10, 99)}"),
            16,
            align="center",
            width=840,
        )
    with s.region("Text"):
        y = s.pairs(
            80,
            y + 30,
            840,
            some_entries(s, form_data(s), ["name", "birth", "address"], 5),
            "line",
            18,
            0.34,
            12,
        )
    status, delivery = _options(s)
    y = _ticks(s, 80, y + 20, s.t("Marital status:", "Семейное положение:"), "status", status, 150)
    y = _ticks(s, 80, y, s.t("Send the answer:", "Способ получения:"), "delivery", delivery, 150)
    with s.region("Text"):
        s.line(80, y + 60, s.t("Date: ", "Дата: ") + s.mark("date", s.v.date(s.v.day(2005))), 18)
        s.line(480, y + 60, s.t("Signature:", "Подпись:"), 18)
    s.signature(600, y + 40, 150)
    form_gaps(s)


@template("form", "table", "train")
def tabled(s: Sheet) -> None:
    """Label and value as cells of one table, in numbered rows."""
    if s.chance(0.6):
        s.photograph(790, 60, 130, 165)
    with s.region("Title"):
        y = s.paragraph(
            80,
            80,
            680,
            s.t(
                "Personnel record card|Membership application|Loan application",
                "Личная карточка работника|Заявка на кредит|Заявление о приёме в члены общества",
            ),
            30,
            "b",
        )
    with s.region("Text"):
        y = s.line(
            80,
            y,
            s.t("Card No. ", "Карточка № ") + s.mark("number", str(s.rng.randint(1000, 99999))),
            18,
        )
        s.line(
            80, y, s.t("Filled in on ", "Заполнена ") + s.mark("date", s.v.date(s.v.day(2005))), 18
        )
    items = some_entries(s, form_data(s), ["name", "birth", "phone"], 7)
    rows = [[str(k + 1), a, b] for k, (a, b) in enumerate(items)]
    y = s.table(
        80,
        250,
        [50, 310, 480],
        [[s.t("No.", "№"), s.t("Entry", "Показатель"), s.t("Answer", "Сведения")], *rows],
        1,
        17,
        "cll",
        "grid",
        8,
        shade=s.rng.choice([None, (232, 232, 232)]),
    )
    status, _ = _options(s)
    y = _ticks(s, 80, y + 24, s.t("Family status:", "Семейное положение:"), "status", status, 150)
    with s.region("Text"):
        s.line(
            80,
            y + 30,
            s.t("Checked by ", "Проверил(а): ")
            + s.mark("clerk", s.v.person() if s.language == "en" else s.ru.short_person()),
            17,
        )
    s.signature(560, y + 10, 150)
    if s.chance(0.5):
        s.stamp(780, y + 60, 80)
    form_gaps(s)


@template("form", "boxed", "test")
def boxed(s: Sheet) -> None:
    """Small labels over ruled boxes, two columns; handwriting-blue values."""
    with s.region("Page-header"):
        s.line(60, 40, s.mark("organisation", s.v.company()), 16)
    with s.region("Title"):
        y = s.line(
            60,
            76,
            s.t(
                "REQUEST FOR ENROLMENT|CLAIM FOR REFUND", "ЗАЯВКА НА УЧАСТИЕ|ТРЕБОВАНИЕ О ВОЗВРАТЕ"
            ),
            30,
            "b",
            "left",
            880,
        )
    with s.region("Text"):
        s.line(
            640,
            82,
            s.t("Serial: ", "Серия: ")
            + s.mark(
                "number",
                s.t("A|B|C", "А|Б|В") + str(s.rng.randint(10000, 99999)),
            ),
            17,
            align="right",
            width=300,
        )
    ink, s.ink = s.ink, BLUE if s.chance(0.5) else s.ink
    items = some_entries(s, form_data(s), ["name", "birth", "email"], 7)
    half = (len(items) + 1) // 2
    with s.region("Text"):
        a = s.pairs(60, y + 20, 430, items[:half], "box", 17)
    with s.region("Text"):
        b = s.pairs(510, y + 20, 430, items[half:], "box", 17)
    s.ink = ink
    y = max(a, b) + 16
    status, delivery = _options(s)
    y = _ticks(s, 60, y, s.t("Tick as fits:", "Отметьте нужное:"), "status", status, 140)
    y = _ticks(s, 60, y, s.t("Reply wanted", "Ответ прошу дать"), "delivery", delivery, 140)
    with s.region("Text"):
        y = s.paragraph(
            60,
            y + 14,
            880,
            s.t(
                "I declare that the particulars given above are true and complete.",
                "Достоверность и полноту указанных сведений подтверждаю.",
            ),
            16,
            "i",
        )
        s.line(
            60,
            y + 30,
            s.t("Completed: ", "Заполнено: ") + s.mark("date", s.v.date(s.v.day(2005))),
            17,
        )
    s.signature(600, y + 14, 160)
    form_gaps(s)
