"""Letters: sender, addressee, date, subject; facts are stated in the prose."""

from __future__ import annotations

from ..registry import template
from ..sheet import Sheet
from .letter_bodies import body, who


def _ref(s: Sheet) -> str:
    r = s.rng
    if s.language == "en":
        return r.choice(
            [
                f"{r.choice('ABDK')}/{r.randint(10, 99)}/{r.randint(100, 999)}",
                f"RF-{r.randint(1000, 9999)}",
            ]
        )
    return r.choice(
        [
            f"{r.randint(10, 999)}-{r.choice(['и', 'п', 'ОК'])}",
            f"{r.randint(1, 30):02d}/{r.randint(100, 999)}",
        ]
    )


def _near(s: Sheet) -> None:
    s.cannot_tell(
        "What is the writer's fax number?|Which airline is mentioned?|How many "
        "copies of the letter were made?",
        "Какой номер факса указан?|На сколько листов составлено приложение?|Кто доставил письмо?",
    )


@template("letter", "block", "train")
def block(s: Sheet) -> None:
    """Letterhead in the middle, addressee and reference on the left, signature at the end."""
    with s.region("Page-header"):
        y = s.line(90, 60, s.mark("sender_org", s.v.company()), 30, "b", "center", 820)
        y = s.line(90, y, s.mark("sender_address", s.v.address()), 15, align="center", width=820)
    s.rule(90, y + 6, 910, y + 6, 2)
    with s.region("Text"):
        y = s.line(90, y + 30, s.t("Our ref: |Ref. ", "Исх. № |№ ") + s.mark("ref", _ref(s)), 17)
        y = s.line(90, y, s.t("", "от ") + s.mark("date", s.v.date(s.today)), 17)
    with s.region("Text"):
        y = s.line(90, y + 24, s.mark("recipient", who(s)), 18)
        y = s.line(90, y, s.mark("recipient_title", s.v.position()), 18)
        y = s.line(90, y, s.mark("recipient_org", s.v.company()), 18)
    topic = s.t(
        "Delivery terms|Our proposal|Co-operation in the coming year",
        "О сроках поставки|О сотрудничестве|О нашем предложении",
    )
    with s.region("Section-header"):
        y = s.line(90, y + 26, s.t("Subject: |Re: ", "Тема: |") + s.mark("subject", topic), 19, "b")
    with s.region("Text"):
        y = s.line(
            90,
            y + 16,
            s.t("Dear colleague,|Dear Sir or Madam,", "Уважаемые коллеги!|Уважаемый коллега!"),
            18,
        )
    y = body(s, y + 14, s.rng.choice([17.0, 18.0, 19.0]), s.rng.choice(["left", "justify"]))
    with s.region("Text"):
        y = s.line(
            90, y + 30, s.t("Yours faithfully,|Sincerely,|With kind regards,", "С уважением,"), 18
        )
    s.signature(110, y + 8, 150)
    with s.region("Text"):
        y = s.line(90, y + 66, s.mark("signatory", who(s)), 18, "b")
        s.line(90, y, s.mark("signatory_title", s.v.position()), 17)
    if s.chance(0.6):
        with s.region("Text"):
            s.line(
                90,
                y + 50,
                s.t("Enclosures: ", "Приложение: на ")
                + s.mark("enclosure", str(s.rng.randint(2, 40)))
                + s.t(" sheets", " л."),
                15,
            )
    _near(s)


@template("letter", "form", "train", look="serif")
def blank(s: Sheet) -> None:
    """An office's blank: the sender's data in the left corner, the addressee in the right one."""
    with s.region("Page-header"):
        y = s.paragraph(80, 60, 330, s.mark("sender_org", s.v.company()), 22, "b", align="center")
        y = s.paragraph(80, y, 330, s.mark("sender_address", s.v.address()), 14, align="center")
        y = s.line(
            80,
            y,
            s.t("telephone ", "тел. ") + s.mark("office_phone", s.v.phone()),
            14,
            align="center",
            width=330,
        )
        if s.language == "ru":
            y = s.line(
                80,
                y,
                "ИНН/КПП " + s.mark("inn", s.ru.inn()) + " / " + s.mark("kpp", s.ru.kpp()),
                14,
                align="center",
                width=330,
            )
    with s.region("Text"):
        y = s.line(
            80,
            y + 12,
            s.mark("date", s.v.date(s.today)) + s.t("  No. ", "  № ") + s.mark("ref", _ref(s)),
            17,
            align="center",
            width=330,
        )
        answered = _ref(s)
        y = s.line(
            80,
            y,
            s.t("In reply to No. ", "На № ")
            + s.mark("reply_to", answered)
            + s.t(" of ", " от ")
            + s.v.date(s.near(-40, -3)),
            15,
            align="center",
            width=330,
        )
    with s.region("Text"):
        low = s.line(560, 80, s.mark("recipient_title", s.v.position()), 19, width=350)
        low = s.line(560, low, s.mark("recipient_org", s.v.company()), 19, width=350)
        low = s.line(560, low, s.mark("recipient", who(s)), 19, "b", width=350)
        s.paragraph(560, low, 350, s.mark("recipient_address", s.v.address()), 16)
    y = body(s, max(y, 330) + 40, 19, "justify")
    y += 50
    with s.region("Text"):
        s.line(90, y, s.mark("signatory_title", s.v.position()), 18)
        s.line(650, y, s.mark("signatory", who(s)), 18, width=260)
    s.signature(470, y - 20, 140)
    if s.chance(0.5):
        s.stamp(520, y + 30, 85)
    with s.region("Page-footer"):
        y = s.line(
            80, max(y + 150, 1300), s.t("Prepared by: ", "Исп. ") + s.mark("executor", who(s)), 13
        )
        s.line(
            80,
            y,
            s.t("ext. ", "тел. ")
            + s.mark(
                "executor_phone", str(s.rng.randint(10, 99)) + "-" + str(s.rng.randint(10, 99))
            ),
            13,
        )
    _near(s)


@template("letter", "memo", "test")
def memo(s: Sheet) -> None:
    """A memorandum: TO / FROM / DATE / SUBJECT between two rules."""
    if s.chance(0.5):
        s.logo(830, 50, 80)
    with s.region("Title"):
        y = s.line(
            80, 70, s.t("MEMORANDUM|INTERNAL NOTE", "СЛУЖЕБНАЯ ЗАПИСКА|ДОКЛАДНАЯ ЗАПИСКА"), 32, "b"
        )
    s.rule(80, y + 8, 920, y + 8, 2)
    topic = s.t(
        "Order of archive materials|Staffing of the new office|Seminar plans",
        "О комплектовании штата|О проведении семинара|О заказе материалов",
    )
    with s.region("Text"):
        y = s.pairs(
            80,
            y + 24,
            840,
            [
                (
                    s.t("TO:", "Кому:"),
                    s.mark("recipient", who(s)) + ", " + s.mark("recipient_title", s.v.position()),
                ),
                (
                    s.t("FROM:", "От кого:"),
                    s.mark("signatory", who(s)) + ", " + s.mark("signatory_title", s.v.position()),
                ),
                (s.t("DATED:", "Составлена:"), s.mark("date", s.v.date(s.today))),
                (s.t("FILE:", "Дело:"), s.mark("ref", _ref(s))),
                (s.t("CONCERNING:", "Касательно:"), s.mark("subject", topic)),
            ],
            "right",
            18,
            0.2,
        )
    s.rule(80, y + 4, 920, y + 4, 2)
    y = body(s, y + 30, 18, "left")
    s.signature(640, y + 20, 170)
    _near(s)
