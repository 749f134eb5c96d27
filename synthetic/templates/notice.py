"""Meeting notices, agendas and minutes: time, place, topics, speakers."""

from __future__ import annotations

from ..registry import template
from ..sheet import Sheet


def _topics(s: Sheet, count: int) -> list[str]:
    options = (
        "Report on the budget|Election of the secretary|Repair of the water main|"
        "Plan of work for the next quarter|"
        "Purchase of a new press|Rules for use of the hall|Safety at the workshop|"
        "Library opening hours|Staff training"
        if s.language == "en"
        else "Отчёт об исполнении бюджета|Выборы секретаря|Ремонт водопровода|План работы "
        "на следующий квартал|"
        "Закупка нового оборудования|Правила пользования залом|Охрана труда в "
        "мастерской|График работы библиотеки|Обучение персонала"
    ).split("|")
    return s.rng.sample(options, count)


def _who(s: Sheet) -> str:
    return s.v.person() if s.language == "en" else s.ru.short_person()


def _hour(s: Sheet) -> str:
    hour, minute = s.rng.randint(9, 19), s.rng.choice(["00", "15", "30", "45"])
    if s.language == "en":
        return s.rng.choice(
            [
                f"{hour:02d}:{minute}",
                f"{(hour - 1) % 12 + 1}.{minute} {'a.m.' if hour < 12 else 'p.m.'}",
            ]
        )
    return f"{hour}:{minute}"


def _place(s: Sheet) -> str:
    room = s.rng.randint(2, 415)
    return s.t(
        f"Room {room}, Town Hall|Conference room {room}|Assembly hall, {s.v.street()}",
        f"каб. {room}|конференц-зал № {room}|актовый зал, {s.ru.street()}",
    )


def _ask(s: Sheet, topics: list[str], speakers: list[str]) -> None:
    train = s.split == "train"
    for k in s.rng.sample(range(len(topics)), min(2, len(topics))):
        s.ask(
            f"speaker.{k}",
            "field",
            f"Who speaks on “{topics[k]}”?|Who presents the item “{topics[k]}”?"
            if train
            else f"By whom will “{topics[k]}” be introduced?",
            f"Кто докладчик по вопросу «{topics[k]}»?|Кто выступает по теме «{topics[k]}»?"
            if train
            else f"Кому поручен доклад «{topics[k]}»?",
        )
    k = s.rng.randrange(len(topics))
    if speakers.count(speakers[k]) == 1:
        s.ask(
            f"topic.{k}",
            "text",
            f"What does {speakers[k]} report on?"
            if train
            else f"Which item falls to {speakers[k]}?",
            f"О чём докладывает {speakers[k]}?" if train else f"Какой вопрос ведёт {speakers[k]}?",
        )
    s.count(
        "topic.",
        len(topics),
        "How many items are on the agenda?|How many questions will be discussed?",
        "Сколько вопросов в повестке дня?|Сколько пунктов в повестке?",
    )
    s.cannot_tell(
        "What decision was taken on the first item?|Until what hour will the meeting "
        "last?|Who pays for the refreshments?",
        "Какое решение принято по первому вопросу?|До какого часа продлится "
        "собрание?|Кто ведёт запись заседания?",
    )


@template("notice", "agenda", "train")
def agenda(s: Sheet) -> None:
    """Centred notice, numbered agenda with speakers."""
    topics = _topics(s, s.rng.randint(3, 6))
    with s.region("Title"):
        y = s.line(
            90,
            80,
            s.t(
                "NOTICE OF MEETING|AGENDA",
                "ПОВЕСТКА ДНЯ|ОБЪЯВЛЕНИЕ О СОБРАНИИ|УВЕДОМЛЕНИЕ О ЗАСЕДАНИИ",
            ),
            32,
            "b",
            "center",
            820,
        )
    with s.region("Text"):
        y = s.line(
            90,
            y,
            s.mark(
                "body",
                s.t(
                    "Board of Trustees|Parish Council|Residents' Association|Works Committee",
                    "Совет ветеранов|Правление товарищества|Учёный совет|Жилищная комиссия",
                ),
            ),
            20,
            "i",
            "center",
            820,
        )
    with s.region("Text"):
        y = s.pairs(
            140,
            y + 30,
            720,
            [
                (s.t("Date:", "Дата:"), s.mark("date", s.v.date(s.today))),
                (s.t("Time:", "Время:|Начало:"), s.mark("time", _hour(s))),
                (s.t("Place:|Venue:", "Место:|Место проведения:"), s.mark("place", _place(s))),
                (s.t("Chair:|Chairperson:", "Председатель:|Ведёт:"), s.mark("chair", _who(s))),
            ],
            s.rng.choice(["right", "dots"]),
            19,
            0.3,
        )
    with s.region("Section-header"):
        y = s.line(
            90,
            y + 24,
            s.t("Items for discussion|Order of business", "Вопросы для обсуждения|Порядок работы"),
            21,
            "b",
        )
    speakers = [_who(s) for _ in topics]
    for k, topic in enumerate(topics):
        with s.region("List-item"):
            y = s.paragraph(
                110,
                y + 8,
                780,
                f"{k + 1}. {{topic.{k}={topic}}}. "
                + s.t("Speaker: ", "Докладчик: ")
                + f"{{speaker.{k}={speakers[k]}}}.",
                18,
            )
    with s.region("Text"):
        y = s.paragraph(
            90,
            y + 24,
            820,
            s.t(
                "Members who cannot attend are asked to inform the secretary by telephone "
                f"{{phone={s.v.phone()}}} before {{deadline={s.v.date(s.near(-9, -1))}}}. A quorum "
                f"is {{quorum={s.rng.randint(5, 40)} members}}.",
                "О невозможности участия просим сообщить секретарю по телефону "
                f"{{phone={s.v.phone()}}} до {{deadline={s.v.date(s.near(-9, -1))}}}. Кворум "
                f"составляет {{quorum={s.rng.randint(5, 40)} чел.}}",
            ),
            18,
        )
    with s.region("Text"):
        s.line(90, y + 50, s.t("Secretary: ", "Секретарь: ") + s.mark("secretary", _who(s)), 18)
    s.signature(560, y + 34, 130)
    _ask(s, topics, speakers)


@template("notice", "minutes", "train")
def minutes(s: Sheet) -> None:
    """Minutes: those present, matters heard with speakers and votes, as prose."""
    topics = _topics(s, s.rng.randint(2, 4))
    with s.region("Title"):
        y = s.line(
            90,
            70,
            s.t("MINUTES No. |Minutes of meeting No. ", "ПРОТОКОЛ № |ПРОТОКОЛ ЗАСЕДАНИЯ № ")
            + s.mark("number", str(s.rng.randint(2, 180))),
            28,
            "b",
            "center",
            820,
        )
    with s.region("Text"):
        s.line(90, y + 10, s.mark("city", s.v.city()), 17)
        y = s.line(90, y + 10, s.mark("date", s.v.date(s.today)), 17, align="right", width=820)
    people = s.rng.randint(7, 64)
    with s.region("Text"):
        y = s.pairs(
            90,
            y + 16,
            820,
            [
                (
                    s.t("Present:", "Присутствовали:"),
                    s.mark("present", str(people)) + s.t(" persons", " чел."),
                ),
                (s.t("In the chair:", "Председатель:"), s.mark("chair", _who(s))),
                (s.t("Recorded by:", "Секретарь:"), s.mark("secretary", _who(s))),
            ],
            "right",
            18,
            0.25,
        )
    speakers = [_who(s) for _ in topics]
    for k, topic in enumerate(topics):
        with s.region("Section-header"):
            y = s.line(90, y + 18, f"{k + 1}. {{topic.{k}={topic}}}", 19, "b")
        against = s.rng.randint(0, 3)
        with s.region("Text"):
            y = s.paragraph(
                90,
                y + 4,
                820,
                s.t(
                    f"Heard: {{speaker.{k}={speakers[k]}}}, who reported on the state of the "
                    f"matter and asked for {{asked.{k}={s.v.money(s.v.cents(300, 20000))}}}. "
                    "Resolved: to accept the report; to return to the matter by "
                    f"{{back.{k}={s.v.date(s.near(20, 90))}}}. For: "
                    f"{{for.{k}={people - against}}}, against: {{against.{k}={against}}}.",
                    f"Слушали: {{speaker.{k}={speakers[k]}}} — доклад о состоянии дел; запрошено "
                    f"{{asked.{k}={s.v.money(s.v.cents(9000, 900000))}}}. "
                    "Постановили: доклад принять к сведению; вернуться к вопросу до "
                    f"{{back.{k}={s.v.date(s.near(20, 90))}}}. Голосовали: за — "
                    f"{{for.{k}={people - against}}}, против — {{against.{k}={against}}}.",
                ),
                18,
                align="justify",
            )
        if s.chance(0.6):
            s.ask(
                f"asked.{k}",
                "text",
                f"How much money was asked for on “{topic}”?",
                f"Сколько денег запрошено по вопросу «{topic}»?",
            )
        if s.chance(0.5):
            s.ask(
                f"for.{k}",
                "text",
                f"How many voted for the item “{topic}”?",
                f"Сколько человек голосовали «за» по вопросу «{topic}»?",
            )
    s.signature(600, y + 40, 140)
    _ask(s, topics, speakers)


@template("notice", "programme", "test")
def programme(s: Sheet) -> None:
    """A timetable: hour, item, speaker in an open table; one sentence has the meeting's facts."""
    topics = _topics(s, s.rng.randint(4, 7))
    with s.region("Title"):
        y = s.line(
            80,
            70,
            s.t(
                "Programme of the session|Convening letter",
                "Программа заседания|Приглашение на совещание",
            ),
            30,
            "b",
        )
    with s.region("Text"):
        y = s.paragraph(
            80,
            y + 10,
            840,
            s.t(
                "The {body=Standing Commission on Schools} will gather on "
                f"{{date={s.v.date(s.today)}}} at {{time={_hour(s)}}} in "
                f"{{place={_place(s)}}}; {{chair={_who(s)}}} will preside.",
                "{body=Постоянная комиссия по школам} собирается "
                f"{{date={s.v.date(s.today, 0)}}} в {{time={_hour(s)}}}, "
                f"{{place={_place(s)}}}; председательствует {{chair={_who(s)}}}.",
            ),
            19,
        )
    speakers = [_who(s) for _ in topics]
    start = s.rng.randint(9, 13) * 60
    rows = [[s.t("From", "С"), s.t("Matter", "Тема"), s.t("Introduced by", "Сообщение делает")]]
    for k, topic in enumerate(topics):
        rows.append(
            [
                f"{{start.{k}={start // 60}:{start % 60:02d}}}",
                f"{{topic.{k}={topic}}}",
                f"{{speaker.{k}={speakers[k]}}}",
            ]
        )
        start += s.rng.choice([15, 20, 30, 45])
    y = s.table(80, y + 20, [110, 430, 300], rows, 1, 18, "lll", "rows", 9)
    k = s.rng.randrange(len(topics))
    s.ask(
        f"start.{k}",
        "table",
        f"At what hour does “{topics[k]}” begin?",
        f"Во сколько начнётся обсуждение темы «{topics[k]}»?",
    )
    with s.region("Text"):
        s.paragraph(
            80,
            y + 24,
            840,
            s.t(
                f"Apologies to {{email={s.v.email(s.v.person())}}} until "
                f"{{deadline={s.v.date(s.near(-9, -1))}}}.",
                f"Об отсутствии сообщать: {{email={s.v.email(s.v.person())}}} до "
                f"{{deadline={s.v.date(s.near(-9, -1), 0)}}}.",
            ),
            18,
        )
    _ask(s, topics, speakers)
