"""Pages of journals: title, authors, abstract, two columns of prose and a table of results."""

from __future__ import annotations

from ..registry import template
from ..sheet import Row, Sheet
from ..values import digits


class Paper:
    """An invented study: authors, subject, numbers, results in a table."""

    def __init__(self, s: Sheet) -> None:
        r = s.rng
        self.title = s.t(
            "Drying of Brick Walls after Floods|Wear of Bicycle Chains in Coastal Towns|"
            "Yield of Rooftop Gardens in Cold Springs|Sleep of Night-Shift Bakers",
            "Высыхание кирпичных стен после паводка|Износ велосипедных цепей в "
            "приморских городах|Урожайность садов на крышах в холодную весну|Сон пекарей "
            "ночных смен",
        )
        names: list[str] = []
        while len(names) < r.randint(2, 3):
            names.append(s.v.person() if s.language == "en" else s.ru.short_person())
        self.authors = list(dict.fromkeys(names))
        self.groups = r.sample(
            ["Control", "Sand", "Lime", "Felt", "Clay", "Resin", "Cork"]
            if s.language == "en"
            else ["Контроль", "Песок", "Известь", "Войлок", "Глина", "Смола", "Пробка"],
            r.randint(4, 6),
        )
        self.columns = ["n", s.t("Mean", "Среднее"), "SD", "p"]
        dot = "." if s.language == "en" else ","
        self.data = [
            [
                str(r.randint(12, 240)),
                f"{r.randint(2, 90)}{dot}{r.randint(0, 99):02d}",
                f"{r.randint(0, 9)}{dot}{r.randint(10, 99)}",
                f"0{dot}{r.randint(1, 999):03d}",
            ]
            for _ in self.groups
        ]
        self.parts = [
            s.t(
                "The study was made in "
                f"{{years={r.randint(1995, 2012)}–{r.randint(2013, 2024)}}} at "
                f"{{site={s.v.city()}}}. In all {{sample={r.randint(120, 980)}}} samples were "
                f"taken, of which {{dropped={r.randint(3, 40)}}} were left out because the "
                "labels had been lost.",
                "Исследование проведено в "
                f"{{years={r.randint(1995, 2012)}–{r.randint(2013, 2024)}}} гг. в районе г. "
                f"{{site={s.v.city()}}}. Всего отобрано {{sample={r.randint(120, 980)}}} "
                f"образцов, из них {{dropped={r.randint(3, 40)}}} исключены из-за утраты "
                "этикеток.",
            ),
            s.t(
                f"Each sample was kept at a temperature of {{temperature={r.randint(4, 60)} "
                f"°C}} for {{hours={r.randint(6, 96)} hours}} and weighed with a "
                f"{{device=BK-{r.randint(10, 99)}}} balance. Readings were noted by two "
                "observers who did not know the group.",
                f"Каждый образец выдерживали при температуре {{temperature={r.randint(4, 60)} "
                f"°C}} в течение {{hours={r.randint(6, 96)} часов}} и взвешивали на весах "
                f"{{device=ВК-{r.randint(10, 99)}}}. Показания записывали два наблюдателя, не "
                "знавшие группы.",
            ),
            s.t(
                f"The strongest effect was seen in the group “{{best={self.groups[-1]}}}”, "
                f"where the rate fell by {{fall={r.randint(8, 72)}%}}. The correlation with "
                f"humidity was {{corr=0.{r.randint(21, 96)}}}.",
                f"Наибольший эффект отмечен в группе «{{best={self.groups[-1]}}}», где "
                f"скорость снизилась на {{fall={r.randint(8, 72)}%}}. Коэффициент корреляции "
                f"с влажностью составил {{corr=0,{r.randint(21, 96)}}}.",
            ),
            s.t(
                "These findings agree with what craftsmen have long held, although the "
                "mechanism is not yet clear. Further work should look at thicker layers and "
                "at longer periods of rest between the trials.",
                "Полученные данные согласуются с давними наблюдениями мастеров, хотя "
                "механизм пока не ясен. В дальнейшем следует изучить более толстые слои и "
                "более длительные перерывы между опытами.",
            ),
            s.t(
                "The work was paid for by {grant=the Fund for Useful Studies} under grant "
                f"{{grant_no={r.randint(10, 99)}-{r.randint(1000, 9999)}}}.",
                "Работа выполнена при поддержке {grant=Фонда полезных исследований}, грант "
                f"{{grant_no={r.randint(10, 99)}-{r.randint(1000, 9999)}}}.",
            ),
        ]

    def rows(self, s: Sheet) -> list[Row]:
        head: Row = [s.t("Group", "Группа"), *self.columns]
        return [
            head,
            *(
                [
                    f"{{group.{i}={g}}}",
                    *(f"{{cell.{i}.{j}={v}}}" for j, v in enumerate(self.data[i])),
                ]
                for i, g in enumerate(self.groups)
            ),
        ]

    def ask(self, s: Sheet) -> None:
        train = s.split == "train"
        cells = [(i, j) for i in range(len(self.groups)) for j in range(4)]
        for i, j in s.rng.sample(cells, 3):
            g, c = self.groups[i], self.columns[j]
            s.ask(
                f"cell.{i}.{j}",
                "table",
                f"What is {c} for the group {g}?|Which value of {c} was found for {g}?"
                if train
                else f"{g}: what does the column {c} say?",
                f"Чему равно {c} в группе «{g}»?|Какое значение {c} получено для «{g}»?"
                if train
                else f"«{g}»: что стоит в столбце «{c}»?",
            )
        s.count(
            "group.",
            len(self.groups),
            "How many groups are compared in the table?|How many groups does the table have?",
            "Сколько групп сравнивается в таблице?|Сколько групп в таблице?",
        )
        s.count(
            "author.",
            len(self.authors),
            "How many authors does the paper have?",
            "Сколько авторов у статьи?",
        )
        s.cannot_tell(
            "What was the age of the participants?|Who reviewed the paper?|Which "
            "software was used?",
            "Каков возраст участников?|Кто рецензировал статью?|Какая программа использована?",
        )


def _names(paper: Paper) -> str:
    return ", ".join(f"{{author.{k}={name}}}" for k, name in enumerate(paper.authors))


def issue_of(s: Sheet) -> tuple[str, str]:
    """A journal with volume, number and year."""
    r = s.rng
    name = s.t(
        "Annals of Small Science|Journal of Plain Results|Northern Review of Crafts",
        "Вестник малых наук|Труды по прикладным опытам|Северный журнал ремёсел",
    )
    return s.mark("journal", name), s.t("Vol. ", "Т. ") + s.mark(
        "volume", str(r.randint(2, 88))
    ) + s.t(", No. ", ", № ") + s.mark("issue", str(r.randint(1, 12))) + ", " + s.mark(
        "year", str(r.randint(1988, 2025))
    )


def flow(s: Sheet, x: float, y: float, width: float, parts: list[str], size: float = 15.5) -> float:
    """Paragraphs one below the other; units. Returns the y below."""
    for part in parts:
        with s.region("Text"):
            y = s.paragraph(x, y, width, part, size, align="justify", indent=18) + 6
    return y


@template("scientific", "columns", "train", look="serif", wide=(1200, 1700))
def columns(s: Sheet) -> None:
    """Title over both columns; table inside the right one."""
    paper = Paper(s)
    name, issue = issue_of(s)
    with s.region("Page-header"):
        s.line(70, 40, name + ", " + issue, 14, "i", width=640)
        s.line(800, 40, s.mark("page", str(s.rng.randint(3, 480))), 14, align="right", width=130)
    with s.region("Title"):
        y = s.paragraph(70, 80, 860, s.mark("title", paper.title), 30, "b", align="center")
    with s.region("Text"):
        y = s.line(70, y + 4, _names(paper), 17, align="center", width=860)
        y = s.line(
            70, y, s.mark("affiliation", s.v.company()) + ", " + s.v.city(), 14, "i", "center", 860
        )
    with s.region("Text"):
        y = s.paragraph(
            120,
            y + 14,
            760,
            s.t(
                "Abstract. We report how different covers act on the loss of moisture and "
                "give the means for each group. ",
                "Аннотация. Показано, как различные покрытия влияют на потерю влаги; "
                "приведены средние по группам. ",
            )
            + s.t("Received ", "Поступила ")
            + s.mark("received", s.v.date(s.v.day(), 0 if s.language == "en" else 1))
            + ".",
            14,
        )
    top = y + 20
    with s.region("Section-header"):
        low = s.line(70, top, s.t("1. Methods", "1. Методика"), 18, "b")
    flow(s, 70, low + 2, 415, s.padded("study", paper.parts[:2], 3, 4))
    with s.region("Caption"):
        low = s.paragraph(
            515,
            top,
            415,
            s.t("Table 1. Loss of mass by group", "Таблица 1. Потеря массы по группам"),
            14,
            "b",
        )
    low = s.table(515, low + 6, [135, 60, 80, 70, 70], paper.rows(s), 1, 14, "lrrrr", "head", 4)
    with s.region("Section-header"):
        low = s.line(515, low + 18, s.t("2. Results", "2. Результаты"), 18, "b")
    low = flow(s, 515, low + 2, 415, paper.parts[2:])
    with s.region("Formula"):
        s.line(515, low + 10, "m = m0 · k / (1 + t)", 18, "i", "center", 415)
    s.ask(
        "author.0",
        "field",
        "Who is the first author?|Who is named first among the authors?",
        "Кто первый автор статьи?|Кто указан первым среди авторов?",
    )
    paper.ask(s)


@template("scientific", "report", "train", wide=(1100, 1654))
def report(s: Sheet) -> None:
    """One column, a wide table between paragraphs, affiliations as a list of labels."""
    paper = Paper(s)
    name, issue = issue_of(s)
    with s.region("Title"):
        y = s.paragraph(90, 70, 820, s.mark("title", paper.title), 28, "b")
    with s.region("Text"):
        y = s.pairs(
            90,
            y + 8,
            820,
            [
                (s.t("Authors", "Авторы"), _names(paper)),
                (s.t("Institution", "Учреждение"), s.mark("affiliation", s.v.company())),
                (s.t("Published in", "Издание"), name + ", " + issue),
                (
                    "DOI",
                    s.mark(
                        "doi",
                        f"10.{digits(s.rng, 4)}/{digits(s.rng, 3)}.{digits(s.rng, 2)}",
                    ),
                ),
            ],
            "right",
            16,
            0.2,
            4,
        )
    y = flow(s, 90, y + 14, 820, s.padded("study", paper.parts[:2], 0, 2), 17)
    with s.region("Caption"):
        y = s.line(
            90,
            y + 14,
            s.t("Table 1. Results by group", "Таблица 1. Результаты по группам"),
            16,
            "b",
        )
    y = s.table(
        90,
        y + 6,
        [260, 120, 150, 150, 140],
        paper.rows(s),
        1,
        16,
        "lrrrr",
        "grid",
        6,
        shade=(235, 235, 235),
    )
    flow(s, 90, y + 20, 820, paper.parts[2:], 17)
    s.ask(
        "author.0",
        "field",
        "Whose name stands first in the list of authors?",
        "Чьё имя стоит первым в списке авторов?",
    )
    paper.ask(s)


@template("scientific", "proceedings", "test", look="sans", wide=(1200, 1700))
def proceedings(s: Sheet) -> None:
    """Conference page: table on top across both columns, authors under the title at the right."""
    paper = Paper(s)
    name, issue = issue_of(s)
    with s.region("Title"):
        y = s.paragraph(60, 60, 880, s.mark("title", paper.title.upper()), 26, "b")
    with s.region("Text"):
        y = s.line(60, y + 2, s.t("by ", "") + _names(paper), 16, "i", "right", 880)
        y = s.line(60, y, s.mark("affiliation", s.v.company()), 14, align="right", width=880)
    with s.region("Caption"):
        y = s.line(
            60, y + 14, s.t("TABLE A: Outcome", "ТАБЛИЦА А. Итоги опытов"), 15, "b", "center", 880
        )
    y = s.table(60, y + 6, [280, 130, 160, 160, 150], paper.rows(s), 1, 15, "lcccc", "rows", 6)
    flow(s, 60, y + 20, 425, s.padded("study", paper.parts[:3], 1, 4), 16)
    flow(s, 515, y + 20, 425, paper.parts[3:], 16)
    with s.region("Page-footer"):
        s.line(60, 1350, name + ". " + issue, 13, align="center", width=880)
    s.ask("author.0", "field", "Who heads the list of authors?", "Кто возглавляет список авторов?")
    paper.ask(s)
