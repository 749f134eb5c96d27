"""Acts and orders of an office; contracts are in legal.py."""

from __future__ import annotations

from datetime import timedelta

from ..registry import template
from ..sheet import Sheet
from .legal import clauses, near, who


@template("legal", "law", "train", look="serif")
def law(s: Sheet) -> None:
    """A page of an act: title, when adopted, articles with headings."""
    r, day = s.rng, s.v.day(1990)
    topic = s.t(
        "the protection of river banks|school libraries|the keeping of bees|public gardens",
        "охране речных берегов|школьных библиотеках|пчеловодстве|общественных садах",
    )
    with s.region("Title"):
        y = s.line(80, 60, s.t("ACT|LAW", "ЗАКОН|ОБЛАСТНОЙ ЗАКОН"), 30, "b", "center", 840)
        y = s.line(80, y, s.t("on ", "О ") + s.mark("topic", topic), 23, "b", "center", 840)
    with s.region("Text"):
        y = s.line(
            80,
            y + 10,
            s.t("Adopted on ", "Принят ")
            + s.mark("adopted", s.v.date(day, 0 if s.language == "en" else 4)),
            17,
        )
        y = s.line(
            80,
            y,
            s.t("Approved by the Upper Chamber on ", "Одобрен Верхней палатой ")
            + s.mark(
                "approved", s.v.date(day + timedelta(days=11), 0 if s.language == "en" else 4)
            ),
            17,
        )
        y = s.line(
            80,
            y,
            s.t("No. ", "№ ")
            + s.mark(
                "number",
                f"{r.randint(3, 480)}-" + s.t("A|L", "ОЗ|З"),
            ),
            17,
        )
    n = r.randint(11, 60)
    arts = [
        (
            s.t("General provisions", "Общие положения"),
            s.t(
                "The right of citizens to free access is laid down in {right=Article "
                f"{n + 3}}} of this Act. The terms used here have the meaning given in "
                f"{{terms=Schedule {r.randint(1, 4)}}}.",
                f"Право граждан на свободный доступ закреплено {{right=статьёй {n + 3}}} "
                "настоящего Закона. Применяемые понятия определены в {terms=приложении "
                f"{r.randint(1, 4)}}}.",
            ),
        ),
        (
            s.t("Supervision", "Надзор"),
            s.t(
                "Supervision is exercised by {body=the Office of Public Works}, whose "
                f"inspectors are appointed for {{term={r.choice(['three', 'four', 'five'])} "
                "years}. A check may be made not more often than once in "
                f"{{often={r.choice(['six months', 'a year', 'two years'])}}}.",
                "Надзор осуществляет {body=Управление общественных работ}, инспекторы "
                "которого назначаются на "
                f"{{term={r.choice(['три года', 'четыре года', 'пять лет'])}}}. Проверка "
                "проводится не чаще одного раза в "
                f"{{often={r.choice(['полгода', 'год', 'два года'])}}}.",
            ),
        ),
        (
            s.t("Liability", "Ответственность"),
            s.t(
                "A breach is punished with a fine of up to "
                f"{{fine={s.v.money(r.randint(2, 90) * 10000)}}}. Fines may be contested "
                f"within {{contest={r.choice([10, 14, 30])} days}}.",
                "Нарушение влечёт штраф в размере до "
                f"{{fine={s.v.money(r.randint(2, 90) * 100000)}}}. Постановление о штрафе "
                f"может быть обжаловано в течение {{contest={r.choice([10, 14, 30])} дней}}.",
            ),
        ),
        (
            s.t("Entry into force", "Вступление в силу"),
            s.t(
                "This Act comes into force on "
                f"{{force={s.v.date(day + timedelta(days=120), 0)}}}. From that day Act No. "
                f"{{repealed={r.randint(3, 99)}-K}} ceases to apply.",
                "Настоящий Закон вступает в силу с "
                f"{{force={s.v.date(day + timedelta(days=120), 4)}}}. С этого дня утрачивает "
                f"силу Закон № {{repealed={r.randint(3, 99)}-К}}.",
            ),
        ),
    ]
    for k, (title, text) in enumerate(arts):
        with s.region("Section-header"):
            y = s.line(
                80,
                y + 14,
                s.t("Article ", "Статья ") + f"{{article.{k}={n + k}}}. {title}",
                19,
                "b",
            )
        with s.region("Text"):
            y = s.paragraph(80, y + 4, 840, text, 18, align="justify", indent=30)
        for extra in s.padded("law", [], 0, 1):
            with s.region("Text"):
                y = s.paragraph(80, y + 2, 840, extra, 18, align="justify", indent=30)
    k = r.randrange(4)
    s.ask(
        f"article.{k}",
        "text",
        f"What is the number of the article “{arts[k][0]}”?",
        f"Какой номер у статьи «{arts[k][0]}»?",
    )
    s.count("article.", 4, "How many articles are on this page?", "Сколько статей на странице?")
    with s.region("Text"):
        y = s.line(80, y + 40, s.t("President of the Assembly", "Председатель Собрания"), 18)
        s.line(600, y - 23, s.mark("signatory", who(s)), 18, align="right", width=320)
    near(s)


@template("legal", "order", "test")
def order(s: Sheet) -> None:
    """An order of a director: grounds, then points with persons and terms."""
    r, day = s.rng, s.v.day()
    with s.region("Page-header"):
        y = s.line(80, 50, s.mark("organisation", s.v.company()), 22, "b", "center", 840)
    with s.region("Title"):
        y = s.line(
            80, y + 20, s.t("ORDER|DIRECTIVE", "ПРИКАЗ|РАСПОРЯЖЕНИЕ"), 28, "b", "center", 840
        )
    with s.region("Text"):
        s.line(80, y + 6, s.mark("date", s.v.date(day)), 18)
        y = s.line(
            600,
            y + 6,
            s.t("No. ", "№ ")
            + s.mark(
                "number",
                f"{r.randint(3, 480)}-" + s.t("P|K", "к|од"),
            ),
            18,
            align="right",
            width=320,
        )
    with s.region("Section-header"):
        y = s.line(
            80,
            y + 14,
            s.mark(
                "topic",
                s.t(
                    "On the stock-taking|On fire safety|On the move of the archive",
                    "Об инвентаризации|О пожарной безопасности|О переезде архива",
                ),
            ),
            19,
            "b",
        )
    with s.region("Text"):
        y = s.paragraph(
            80,
            y + 10,
            840,
            s.t(
                "On the strength of the letter of "
                f"{{ground={s.v.date(day - timedelta(days=20), 0)}}} and under point "
                f"{r.randint(2, 9)} of the statute I ORDER:",
                f"На основании письма от {{ground={s.v.date(day - timedelta(days=20), 0)}}} и "
                f"в соответствии с п. {r.randint(2, 9)} устава ПРИКАЗЫВАЮ:",
            ),
            18,
        )
    points = [
        s.t(
            "1. To set up a commission of "
            f"{{members={r.choice(['three', 'five', 'seven'])}}} members headed by "
            f"{{head={who(s)}}}.",
            f"1. Создать комиссию из {{members={r.choice(['трёх', 'пяти', 'семи'])}}} "
            f"человек; председателем комиссии назначить {{head={who(s)}}}.",
        ),
        s.t(
            "2. The commission shall begin on "
            f"{{start={s.v.date(day + timedelta(days=5), 0)}}} and hand in its report by "
            f"{{report={s.v.date(day + timedelta(days=40), 0)}}}.",
            "2. Комиссии приступить к работе "
            f"{{start={s.v.date(day + timedelta(days=5), 1)}}} и представить отчёт до "
            f"{{report={s.v.date(day + timedelta(days=40), 1)}}}.",
        ),
        s.t(
            f"3. To assign {{budget={s.v.money(s.v.cents(500, 40000))}}} for these ends "
            "out of {source=the reserve fund}.",
            f"3. Выделить на эти цели {{budget={s.v.money(s.v.cents(9000, 900000))}}} из "
            "средств {source=резервного фонда}.",
        ),
        s.t(
            f"4. {{warden={who(s)}}} is made answerable for the keys of storerooms "
            f"{{rooms={r.randint(1, 9)} to {r.randint(10, 30)}}}.",
            f"4. Ответственным за ключи от кладовых {{rooms=с {r.randint(1, 9)} по "
            f"{r.randint(10, 30)}}} является {{warden={who(s)}}}.",
        ),
        s.t(
            f"5. Control over the carrying out of this order rests with {{control={who(s)}}}.",
            f"5. Контроль за исполнением приказа возлагается на {{control={who(s)}}}.",
        ),
    ]
    points = points[: r.randint(4, 5)]
    y = clauses(s, y + 8, 110, 810, points, 18, "List-item")
    with s.region("Text"):
        s.line(80, y + 40, s.mark("signatory_title", s.v.position()), 18)
        s.line(600, y + 40, s.mark("signatory", who(s)), 18, align="right", width=320)
    s.signature(450, y + 22, 140)
    s.stamp(420, y + 90, 80)
    near(s)
