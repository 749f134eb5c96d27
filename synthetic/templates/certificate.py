"""Certificates: holder, subject, number, issuer."""

from __future__ import annotations

from ..registry import template
from ..sheet import Sheet


def _course(s: Sheet) -> str:
    return s.t(
        "Basics of Bookkeeping|Care of Old Paper|First Aid at Work|Safe Work at "
        "Height|Reading of Drawings",
        "Основы бухгалтерского учёта|Сохранение старых бумаг|Первая помощь на "
        "производстве|Безопасная работа на высоте|Чтение чертежей",
    )


def _code(s: Sheet) -> str:
    r = s.rng
    return r.choice(
        [
            f"{r.randint(10, 99)}-{r.randint(1000, 9999)}",
            f"{'CR' if s.language == 'en' else 'СВ'} {r.randint(100000, 999999)}",
            f"{r.randint(100000, 9999999)}",
        ]
    )


def _who(s: Sheet) -> str:
    return s.v.person() if s.language == "en" else s.ru.short_person()


def _near(s: Sheet) -> None:
    s.cannot_tell(
        "What is the holder's place of birth?|How much did the course cost?|Who taught the course?",
        "Где родился владелец документа?|Сколько стоило обучение?|Кто был преподавателем?",
    )


@template("certificate", "framed", "train", height=720, wide=(1200, 1700))
def framed(s: Sheet) -> None:
    """Landscape sheet with a double frame, all centred."""
    color = s.rng.choice([(120, 90, 30), (30, 70, 120), (90, 30, 40)])
    s.box(25, 25, 950, 660, 4, color)
    s.box(37, 37, 926, 636, 1.2, color)
    with s.region("Title"):
        y = s.line(
            60,
            80,
            s.t("CERTIFICATE|CERTIFICATE OF COMPLETION", "СВИДЕТЕЛЬСТВО|СЕРТИФИКАТ|УДОСТОВЕРЕНИЕ"),
            46,
            "b",
            "center",
            880,
            color,
        )
    with s.region("Text"):
        y = s.line(
            60, y, s.t("No. ", "№ ") + s.mark("number", _code(s)), 18, align="center", width=880
        )
    with s.region("Text"):
        y = s.line(
            60,
            y + 14,
            s.t(
                "This is to certify that|It is hereby certified that",
                "Настоящим удостоверяется, что|Подтверждает, что",
            ),
            18,
            "i",
            "center",
            880,
        )
        y = s.line(60, y + 8, s.mark("holder", s.v.person()), 34, "b", "center", 880)
        y = s.line(
            60,
            y + 4,
            s.t(
                "has completed the course|has passed the training",
                "прошёл(-ла) обучение по программе|успешно освоил(а) курс",
            ),
            18,
            align="center",
            width=880,
        )
        y = s.line(
            60,
            y + 4,
            "«" * (s.language == "ru") + s.mark("course", _course(s)) + "»" * (s.language == "ru"),
            26,
            "b",
            "center",
            880,
        )
        y = s.line(
            60,
            y + 4,
            s.t("in the amount of ", "в объёме ")
            + s.mark("hours", str(s.rng.choice([16, 24, 36, 40, 72, 120])))
            + s.t(" hours, grade: ", " часов, оценка: ")
            + s.mark("grade", s.t("excellent|good|pass", "отлично|хорошо|зачтено")),
            18,
            align="center",
            width=880,
        )
    with s.region("Text"):
        s.line(90, 560, s.mark("issuer", s.v.company()), 17)
        s.line(90, 585, s.t("Issued on ", "Выдано ") + s.mark("date", s.v.date(s.today)), 17)
    s.signature(620, 540, 130)
    with s.region("Text"):
        s.line(
            620, 590, s.t("Director ", "Директор ") + s.mark("signatory", _who(s)), 17, width=320
        )
    if s.chance(0.6):
        s.stamp(530, 580, 70)
    _near(s)


@template("certificate", "registry", "train")
def registry(s: Sheet) -> None:
    """A registry office's certificate: text with values filled in lines."""
    r = s.rng
    s.logo(450, 60, 100)
    with s.region("Title"):
        y = s.paragraph(
            90,
            190,
            820,
            s.t(
                "CERTIFICATE OF REGISTRATION|CERTIFICATE OF OWNERSHIP",
                "СВИДЕТЕЛЬСТВО О РЕГИСТРАЦИИ|СВИДЕТЕЛЬСТВО О ПРАВЕ СОБСТВЕННОСТИ",
            ),
            32,
            "b",
            align="center",
        )
    items = [
        (s.t("Owner|Issued to", "Правообладатель|Выдано"), s.mark("holder", s.v.person())),
        (
            s.t("Object|Property", "Объект|Объект права"),
            s.mark(
                "object",
                s.t(
                    "Plot of land|Flat|Workshop|Garage",
                    "Земельный участок|Квартира|Мастерская|Гараж",
                ),
            ),
        ),
        (s.t("Situated at|Address", "Адрес|Местоположение"), s.mark("address", s.v.address())),
        (s.t("Area", "Площадь"), s.mark("area", f"{r.randint(18, 1900)} " + s.t("sq. m", "кв. м"))),
        (
            s.t("Cadastral number|Parcel No.", "Кадастровый номер"),
            s.mark(
                "cadastre",
                ":".join(
                    str(r.randint(a, b)) for a, b in ((10, 89), (10, 60), (10**5, 10**6), (10, 999))
                ),
            ),
        ),
        (
            s.t("Grounds", "Основание"),
            s.t(
                f"Deed of sale of {s.v.date(s.near(-90, -9))}",
                f"Договор купли-продажи от {s.v.date(s.near(-90, -9))}",
            ),
        ),
    ]
    with s.region("Text"):
        y = s.pairs(90, y + 30, 820, items, "line", 19, 0.34, 14)
    with s.region("Text"):
        y = s.paragraph(
            90,
            y + 20,
            820,
            s.t(
                f"Entered in the register under No. {{number={_code(s)}}} on "
                f"{{date={s.v.date(s.today)}}}.",
                f"Запись внесена в реестр под № {{number={_code(s)}}}, дата записи "
                f"{{date={s.v.date(s.today)}}}.",
            ),
            18,
        )
    with s.region("Text"):
        s.line(90, y + 50, s.t("Registrar", "Регистратор"), 18)
        s.line(560, y + 50, s.mark("signatory", _who(s)), 18, align="right", width=350)
    s.signature(330, y + 34, 140)
    s.stamp(300, y + 130, 90)
    _near(s)


@template("certificate", "award", "test", height=760, wide=(1100, 1600), look="serif")
def award(s: Sheet) -> None:
    """An award or attendance record in running text, facts in one sentence."""
    s.box(30, 30, 940, 700, 2)
    if s.chance(0.6):
        s.logo(80, 70, 90)
    with s.region("Title"):
        y = s.line(
            60,
            90,
            s.t("DIPLOMA|LETTER OF THANKS", "ДИПЛОМ|СПРАВКА ОБ ОБУЧЕНИИ"),
            50,
            "b",
            "center",
            880,
        )
    with s.region("Text"):
        y = s.paragraph(
            120,
            y + 30,
            760,
            s.t(
                f"awarded to {{holder={s.v.person()}}} by {{issuer={s.v.company()}}}, who "
                f"from start to finish attended “{{course={_course(s)}}}” "
                f"({{hours={s.rng.choice([8, 18, 48, 64])}}} hours of lessons) and was marked "
                f"“{{grade={s.t('with honours|very good', '')}}}”.",
                f"{{issuer={s.v.company()}}} отмечает, что {{holder={s.v.person()}}} "
                f"полностью посещал(а) занятия «{{course={_course(s)}}}» (длительность "
                f"{{hours={s.rng.choice([8, 18, 48, 64])}}} ч.) и аттестован(а) с отметкой "
                f"«{{grade={s.t('', 'с отличием|очень хорошо')}}}».",
            ),
            24,
            leading=1.6,
            align="center",
        )
    with s.region("Text"):
        s.line(90, 600, s.t("Given at ", "Место выдачи: ") + s.mark("city", s.v.city()), 18)
        s.line(90, 630, s.mark("date", s.v.date(s.today)), 18)
        s.line(90, 660, s.t("Entry ", "Рег. номер ") + s.mark("number", _code(s)), 18)
    s.signature(600, 590, 150)
    with s.region("Text"):
        s.line(
            560,
            650,
            s.mark("signatory", _who(s)) + ", " + s.t("Head of Studies", "руководитель курсов"),
            17,
            width=350,
        )
    _near(s)
