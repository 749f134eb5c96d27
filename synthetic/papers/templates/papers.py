"""Further letters, forms and certificates."""

from __future__ import annotations

from synthetic.artwork import BLUE
from synthetic.papers.people import somebody
from synthetic.papers.pieces import ground, stack
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Row, Sheet
from synthetic.templates.letter_bodies import body


@specimen_template("letter", "private", "train", look="serif")
def private(s: Sheet) -> None:
    """A letter without letterhead: address at the right, salutation, name at the end."""
    who = s.v.person()
    with s.region("Text"):
        y = s.paragraph(560, 70, 370, s.v.address(), 18, align="right")
        y = s.line(560, y + 8, s.mark("date", s.v.date(s.today)), 18, align="right", width=370)
    with s.region("Text"):
        first = who.split()[0] if s.language == "en" else " ".join(who.split()[1:])
        y = s.line(
            90,
            y + 40,
            s.t(
                f"Dear {first},|Dear Sir or Madam,",
                f"Уважаемый(-ая) {first}!|Здравствуйте, {first}!",
            ),
            19,
        )
    y = body(s, y + 14, 19, s.rng.choice(["left", "justify"]))
    with s.region("Text"):
        y = s.line(
            90,
            y + 16,
            s.t("Yours sincerely,|Kind regards,", "С уважением,|С наилучшими пожеланиями,"),
            19,
        )
        s.line(90, y + 70, s.v.person(), 19)
    s.signature(110, y + 10, 160)


@specimen_template("letter", "email", "test", look="sans")
def email(s: Sheet) -> None:
    """A printed e-mail: headers, body, a footer with the page's address."""
    sender, receiver = s.v.person(), s.v.person()
    with s.region("Title"):
        y = s.line(
            60, 50, s.t("Re: our talk|Meeting next week", "Re: встреча|Наш разговор"), 26, "b"
        )
    s.rule(60, y + 8, 940, y + 8, 1)
    items = [
        (s.t("Sent by", "Отправитель"), f"{sender} <{s.v.email(sender)}>"),
        (s.t("Sent to", "Кому"), f"{receiver} <{s.v.email(receiver)}>"),
        (s.t("When", "Отправлено"), s.mark("date", s.v.date(s.today))),
    ]
    y = stack(s, 60, y + 20, 880, items, 17, 5, "right", 0.16)
    s.rule(60, y + 6, 940, y + 6, 0.6)
    with s.region("Text"):
        first = receiver.split()[0 if s.language == "en" else 1]
        y = s.line(90, y + 24, s.t(f"Hi {first},", f"{first}, добрый день!"), 18)
    y = body(s, y + 10, 18, "left")
    with s.region("Text"):
        s.line(90, y + 10, s.t("Best wishes", "Всего доброго"), 18)
        s.line(90, y + 36, sender, 18)


@specimen_template("form", "request", "train")
def request(s: Sheet) -> None:
    """An application with blanks in running text and boxes to tick, mostly empty."""
    who = somebody(s)
    with s.region("Title"):
        y = s.paragraph(
            80,
            60,
            840,
            s.t(
                "APPLICATION FORM|REGISTRATION FORM|REQUEST FOR A CERTIFICATE",
                "ЗАЯВЛЕНИЕ|АНКЕТА|БЛАНК ЗАЯВЛЕНИЯ",
            ),
            28,
            "b",
            align="center",
        )
    with s.region("Text"):
        y = s.line(
            80,
            y + 6,
            s.t("Please fill in with block letters.", "Заполняется печатными буквами."),
            16,
            "i",
        )
    labels = s.t(
        "Surname#Given names#Date of birth#Address#Telephone#E-mail#Purpose#Remarks",
        "Фамилия#Имя, отчество#Дата рождения#Адрес#Телефон#Эл. почта#Цель обращения#Примечания",
    ).split("#")
    values = [
        who.surname,
        who.given_all,
        s.v.date(who.birth),
        s.mark("address", s.v.address()),
        s.v.phone(),
    ]
    for k, label in enumerate(labels):
        with s.region("Text"):
            s.line(80, y + 18, f"{k + 1}. {label}", 17)
            if k < len(values):
                s.line(340, y + 16, values[k], 19, color=BLUE, width=580)
        s.rule(330, y + 42, 930, y + 42, 0.8)
        y += 46
    for en, ru in (("New application", "Впервые"), ("Renewal", "Повторно"), ("By post", "Почтой")):
        s.checkbox(80, y + 20, 17, s.chance(0.4))
        with s.region("Text"):
            y = s.line(110, y + 18, s.t(en, ru), 17)
    with s.region("Text"):
        day = s.mark("date", s.v.date(s.today))
        s.line(80, y + 40, s.t("Date: ", "Дата: ") + day, 17)
        s.line(520, y + 40, s.t("Signature of applicant", "Подпись заявителя") + " ______", 17)


@specimen_template("form", "survey", "test", look="sans")
def survey(s: Sheet) -> None:
    """A questionnaire: a grid of answers to cross, cells for letters, an office-use part."""
    with s.region("Title"):
        y = s.line(60, 50, s.t("Visitor questionnaire", "Опросный лист посетителя"), 28, "b")
    with s.region("Text"):
        text = s.t("Sheet ", "Лист ") + s.mark("number", str(s.rng.randint(100, 9999)))
        y = s.line(60, y, text, 17)
    for en, ru in (("Family name", "Как Ваша фамилия"), ("Postcode", "Индекс")):
        with s.region("Text"):
            s.line(60, y + 18, s.t(en, ru), 17)
        word = s.v.person().split()[-1].upper() if en == "Family name" else "41502"
        with s.region("Text"):
            for k in range(14):
                s.box(330 + k * 34, y + 12, 34, 36, 1)
                if k < len(word):
                    s.line(338 + k * 34, y + 16, word[k], 22, color=BLUE)
        y += 56
    head: Row = [
        s.t("How do you find ...", "Как Вы оцениваете ..."),
        s.t("good", "хорошо"),
        s.t("fair", "средне"),
        s.t("poor", "плохо"),
    ]
    questions = s.t(
        "the opening hours#the signs#the staff#the rooms#the prices",
        "часы работы#указатели#персонал#помещения#цены",
    ).split("#")
    rows: list[Row] = [head]
    for question in questions:
        marks = ["", "", ""]
        marks[s.rng.randrange(3)] = "X"
        rows.append([question, *marks])
    y = s.table(60, y + 20, [430, 150, 150, 150], rows, 1, 17, "lccc", "grid", 9)
    for k, (en, ru) in enumerate(
        (("What did you like?", "Что понравилось?"), ("What not?", "Что нет?"))
    ):
        with s.region("Text"):
            y = s.line(60, y + 24, s.t(en, ru), 17)
        for _ in range(3 - k):
            s.rule(60, y + 30, 940, y + 30, 0.8)
            y += 34
    s.box(60, y + 20, 880, 90, 1, fill=(235, 235, 235))
    with s.region("Text"):
        day = s.mark("date", s.v.date(s.today))
        s.line(
            75,
            y + 30,
            s.t("For office use only. Received ", "Заполняется сотрудником. Принят ") + day,
            16,
        )


@specimen_template("certificate", "vital", "train", height=1200)
def vital(s: Sheet) -> None:
    """A certificate of birth or marriage: a crest, blanks with small print under them."""
    who = somebody(s)
    ground(s)
    s.logo(450, 40, 100)
    with s.region("Title"):
        y = s.line(
            60,
            160,
            s.t("BIRTH CERTIFICATE|CERTIFICATE OF BIRTH", "СВИДЕТЕЛЬСТВО О РОЖДЕНИИ"),
            38,
            "b",
            "center",
            880,
        )
    holder = s.mark(
        "holder", f"{who.given_all} {who.surname}" if s.language == "en" else s.v.person()
    )
    items = [
        (s.t("Name of child", "Гражданин(ка)"), holder),
        (s.t("Born on", "родился(-лась)"), s.v.date(who.birth)),
        (s.t("At", "место рождения"), who.birth_place),
        (s.t("Father", "Отец"), s.v.person()),
        (s.t("Mother", "Мать"), s.v.person()),
        (
            s.t("Entry No.", "запись акта о рождении №"),
            s.mark("number", str(s.rng.randint(10, 9999))),
        ),
        (
            s.t("Registered by", "Место государственной регистрации"),
            s.mark("authority", s.t("Registry Office of ", "отдел ЗАГС г. ") + s.v.city()),
        ),
        (s.t("Date of issue", "Дата выдачи"), s.mark("date", s.v.date(who.issued))),
    ]
    y = stack(s, 90, y + 30, 820, items, 20, 14, "line", 0.36)
    s.stamp(260, y + 90, 85)
    s.signature(600, y + 50, 170)


@specimen_template("certificate", "statement", "test", height=1000)
def statement(s: Sheet) -> None:
    """A short certificate (справка): a corner stamp, one paragraph."""
    who = s.mark("holder", s.v.person())
    where = s.mark("authority", s.v.company())
    with s.region("Text"):
        y = s.paragraph(70, 50, 360, where, 18, align="center")
        y = s.paragraph(70, y, 360, s.v.address(), 14, align="center")
        number, day = str(s.rng.randint(5, 999)), s.mark("date", s.v.date(s.today))
        s.line(70, y + 14, s.t("Ref. ", "исх. № ") + s.mark("number", number), 15)
        y = s.line(230, y + 14, s.t("of ", "от ") + day, 15)
    with s.region("Title"):
        y = s.line(
            60, y + 60, s.t("TO WHOM IT MAY CONCERN", "С П Р А В К А"), 30, "b", "center", 880
        )
    post = s.v.position()
    text = s.t(
        f"This is to confirm that {who} has been employed here as {post}. The present statement "
        "is given at the request of the person concerned, to be shown where required.",
        f"Дана {who} в том, что он(а) действительно работает в {s.v.company()} "
        f"в должности: {post}. Справка дана для предъявления по месту требования.",
    )
    with s.region("Text"):
        y = s.paragraph(90, y + 24, 820, text, 20, leading=1.7, indent=40)
    with s.region("Text"):
        s.line(90, y + 60, s.t("Head of personnel", "Начальник отдела кадров"), 18)
        s.line(640, y + 60, s.v.person(), 18, width=300)
    s.signature(440, y + 40, 150)
    s.stamp(330, y + 130, 80)


@specimen_template("certificate", "diploma", "test", height=760, wide=(1200, 1700), look="serif")
def diploma(s: Sheet) -> None:
    """A diploma: the school above, the holder in large letters, seals and two signatures."""
    color = s.rng.choice([(110, 20, 30), (20, 60, 100), (20, 80, 50)])
    ground(s, (250, 246, 234))
    s.box(30, 30, 940, 700, 6, color)
    with s.region("Text"):
        school = s.t(f"The Academy of {s.v.city()}", f"Академия искусств г. {s.v.city()}")
        y = s.line(60, 70, s.mark("authority", school), 26, "", "center", 880)
    with s.region("Title"):
        y = s.line(
            60, y + 10, s.t("DIPLOMA|Diploma", "ДИПЛОМ|ГРАМОТА"), 60, "b", "center", 880, color
        )
    with s.region("Text"):
        y = s.line(60, y, s.t("is conferred upon", "вручается"), 20, "i", "center", 880)
        y = s.line(60, y + 8, s.mark("holder", s.v.person()), 40, "b", "center", 880)
        text = s.t(
            "for outstanding results in the year's work, with all the rights and honours that "
            "belong to it",
            "за отличные успехи и высокие результаты, достигнутые в течение учебного года",
        )
        y = s.paragraph(180, y + 8, 640, text, 20, align="center")
    with s.region("Text"):
        s.line(90, 620, s.t("Given on ", "Вручён ") + s.mark("date", s.v.date(s.today)), 18)
        number = f"{s.rng.randint(1000, 99999)}"
        s.line(90, 650, s.t("Roll no. ", "Рег. ") + s.mark("number", number), 18)
        s.line(600, 640, s.t("Rector", "Ректор") + " ____________", 18)
    s.signature(680, 600, 150)
    s.stamp(500, 620, 75, color)
