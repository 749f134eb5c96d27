"""Later pages in prose: continued contracts, letters, reports and forms, annexes."""

from __future__ import annotations

from synthetic import filler
from synthetic.papers.later_rows import Facts, about
from synthetic.sheet import Row, Sheet


def prose(s: Sheet, theme: str, count: int) -> list[str]:
    return filler.paragraphs(s.rng, s.language, theme, count)


def signed(s: Sheet, y: float, words: str) -> None:
    with s.region("Text"):
        y = s.line(80, y + 30, words, 16)
        s.signature(90, y + 4, 120)
        s.line(80, y + 60, s.v.person(), 16)


def clauses(s: Sheet, facts: Facts, number: int) -> None:
    """Numbered clauses that continue from the page before."""
    at, y = 2 * number + s.rng.randint(1, 3), 60.0
    with s.region("Text"):
        part = s.rng.randint(2, 4)
        for text in prose(s, "law", s.rng.randint(3, 5)) + prose(s, "office", 3):
            y = s.paragraph(80, y, 840, f"{at}.{part}. {text}", 17) + 8
            part += 1
            if s.chance(0.4):
                at, part = at + 1, 1
                title = s.t(
                    "LIABILITY|CONFIDENTIALITY|TERMINATION|FINAL PROVISIONS",
                    "ОТВЕТСТВЕННОСТЬ СТОРОН|КОНФИДЕНЦИАЛЬНОСТЬ|ПРОЧИЕ УСЛОВИЯ",
                )
                y = s.line(80, y + 8, f"{at}. {title}", 18, "b") + 6


def articles(s: Sheet, facts: Facts, number: int) -> None:
    """Articles with centred headings; the first paragraph is the end of one."""
    at, y = 3 * number, 70.0
    with s.region("Text"):
        broken = prose(s, "law", 1)[0].split()
        y = s.paragraph(90, y, 820, " ".join(broken[3:]), 16, align="justify") + 12
    for text in prose(s, "law", 3) + prose(s, "office", 2):
        with s.region("Section-header"):
            heading = s.t(f"Article {at}|§ {at}|Clause {at}", f"Статья {at}|§ {at}|Пункт {at}")
            y = s.line(90, y, heading, 18, "b", "center", 820) + 6
        with s.region("Text"):
            y = s.paragraph(90, y, 820, text, 16, align="justify") + 12
        at += 1


def letter(s: Sheet, facts: Facts, number: int) -> None:
    """The rest of a letter, signed."""
    y = 70.0
    with s.region("Text"):
        broken = prose(s, "office", 1)[0].split()
        y = s.paragraph(80, y, 840, " ".join(broken[2:]), 17) + 14
        for text in prose(s, "office", s.rng.randint(2, 4)):
            y = s.paragraph(80, y, 840, text, 17) + 14
    if s.chance(0.6):
        signed(s, y, s.t("Yours sincerely,|Kind regards,", "С уважением,"))


def letter_with_points(s: Sheet, facts: Facts, number: int) -> None:
    """A letter's second page: addressee, a list of points, a postscript."""
    y = 60.0
    if s.chance(0.5):
        with s.region("Page-header"):
            s.line(90, y, s.v.person(), 14, "i")
            y = s.line(90, y, about(facts, "date") or s.v.city(), 14, "i", "right", 820) + 30
    with s.region("Text"):
        for text in prose(s, "office", s.rng.randint(3, 5)):
            y = s.paragraph(110, y, 800, f"- {text}", 17) + 10
        if s.chance(0.5):
            s.paragraph(90, y + 10, 820, s.t("P.S. ", "P.S. ") + prose(s, "study", 1)[0], 16)


def findings(s: Sheet, facts: Facts, number: int) -> None:
    """Sections of a report with headings, a table between them."""
    y, at = 60.0, number + s.rng.randint(0, 2)
    for text in prose(s, "study", 3):
        if s.chance(0.5):
            with s.region("Section-header"):
                title = s.t("Results|Discussion|Method|Summary", "Результаты|Обсуждение|Выводы")
                y = s.line(80, y + 8, f"{at}. {title}", 20, "b") + 8
                at += 1
        with s.region("Text"):
            y = s.paragraph(80, y, 840, text, 16, align="justify") + 10
    if s.chance(0.6):
        y = figures(s, y + 10)
        with s.region("Text"):
            for text in prose(s, "office", 1):
                s.paragraph(80, y + 14, 840, text, 16)


def figures(s: Sheet, y: float) -> float:
    rows: list[Row] = [[s.t("Place", "Место"), "2021", "2022", "2023"]]
    for _ in range(s.rng.randint(4, 9)):
        rows.append([s.v.city(), *(str(s.rng.randint(10, 990)) for _ in range(3))])
    return s.table(80, y, [330, 160, 160, 160], rows, 1, 15, "lrrr", "head")


def figures_alone(s: Sheet, facts: Facts, number: int) -> None:
    """A page of figures with a caption, then notes."""
    y = 60.0
    with s.region("Caption"):
        y = s.paragraph(
            80, y, 840, s.t("Table", "Таблица") + f" {number + 1}. " + s.v.city(), 16, "i"
        )
    y = figures(s, y + 10)
    y = figures(s, y + 30) if s.chance(0.5) else y
    with s.region("Text"):
        for text in prose(s, "study", 2):
            y = s.paragraph(80, y + 12, 840, text, 15)


def annex(s: Sheet, facts: Facts, number: int) -> None:
    """An annex with its own title, which names the main document."""
    known = about(facts, "number")
    with s.region("Title"):
        text = s.t("Annex 1|Appendix No. 1", "Приложение № 1") + s.t(
            " to the agreement", " к договору"
        )
        y = s.paragraph(80, 60, 840, f"{text} № {known}" if known else text, 20, "b", align="right")
    rows: list[Row] = [["№", s.t("Item", "Наименование"), s.t("Price", "Цена")]]
    for at in range(s.rng.randint(5, 12)):
        name, cents = s.v.goods()
        rows.append([str(at + 1), name, s.v.money(cents)])
    y = s.table(80, y + 30, [70, 560, 200], rows, 1, 15, "llr")
    if s.chance(0.5):
        signed(s, y, s.t("Agreed:", "Согласовано:"))


def schedule(s: Sheet, facts: Facts, number: int) -> None:
    """A schedule: headed, with terms in words."""
    with s.region("Section-header"):
        title = s.t("Schedule A|Attachment 2", "Дополнение 2|Спецификация к договору")
        y = s.line(90, 70, title, 19, "b", "center", 820) + 20
    for text in prose(s, "office", 3) + prose(s, "law", 1):
        with s.region("List-item"):
            y = s.paragraph(110, y, 790, f"• {text}", 16) + 8


def more_questions(s: Sheet, facts: Facts, number: int) -> None:
    """More questions of a form."""
    y = 60.0
    with s.region("Section-header"):
        title = s.t("EMPLOYMENT|EDUCATION|ADDITIONAL DETAILS", "РАБОТА|ОБРАЗОВАНИЕ|ДОПОЛНИТЕЛЬНО")
        y = s.line(80, y, f"{number + 1}. {title}", 18, "b") + 12
    items = [
        (s.t("Place of work", "Место работы"), s.v.company()),
        (s.t("Post", "Должность"), s.v.position()),
        (s.t("Telephone", "Телефон"), s.v.phone()),
        (s.t("Town", "Город"), s.v.city()),
        (s.t("Contact person", "Контактное лицо"), s.v.person()),
    ]
    y = s.pairs(80, y, 840, items[: s.rng.randint(3, 5)], s.rng.choice(("line", "box")), 17)
    if s.chance(0.6):
        signed(s, y, s.t("Signature", "Подпись"))


def more_answers(s: Sheet, facts: Facts, number: int) -> None:
    """Questions in words with written answers, a consent at the end."""
    y, at = 70.0, 4 * number
    for text in prose(s, "office", 3):
        with s.region("Text"):
            y = s.paragraph(90, y, 820, f"{at}) {text.split('.')[0]}?", 16, "b")
            y = s.line(110, y + 4, s.t("Yes|No|Not known", "Да|Нет|Не знаю"), 16) + 16
        at += 1
    with s.region("Text"):
        words = s.t(
            "I agree to my data being kept for as long as the matter is open.",
            "Согласен на обработку персональных данных до окончания рассмотрения.",
        )
        s.paragraph(90, y + 20, 820, words, 15)
