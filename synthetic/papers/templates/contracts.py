"""More contracts: a lease, a contract of employment, a loan, an agreement on secrecy."""

from __future__ import annotations

from synthetic.papers.pieces import stack
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Row, Sheet
from synthetic.templates.legal import clauses


def _head(s: Sheet, title: str, size: float, numbered: bool) -> float:
    with s.region("Title"):
        number = f"{s.rng.randint(2, 99)}-{s.rng.randint(10, 25)}"
        text = f"{title} {s.t('No. ', '№ ')}{s.mark('number', number)}" if numbered else title
        y = s.paragraph(80, 60, 840, text, size, "b", align="center")
    with s.region("Text"):
        s.line(80, y + 8, s.v.city() if s.language == "en" else f"г. {s.v.city()}", 16)
        return s.line(80, y + 8, s.mark("date", s.v.date(s.today)), 16, align="right", width=840)


def _signed(s: Sheet, y: float, left: str, right: str, names: tuple[str, str]) -> None:
    for k, (title, name) in enumerate(((left, names[0]), (right, names[1]))):
        x = 80.0 + 430 * k
        with s.region("Text"):
            low = s.line(x, y + 24, title, 16, "b")
            low = s.line(x, low + 4, name, 15, width=390)
        s.rule(x, low + 40, x + 220, low + 40)
        s.signature(x + 40, low + 4, 120)


def _price(s: Sheet, low: float, high: float) -> str:
    cents = s.v.cents(low, high) * (1 if s.language == "en" else 40)
    return s.mark("total", s.v.money(cents))


@specimen_template("contract", "lease", "train")
def lease(s: Sheet) -> None:
    """A lease: the landlord and the tenant, rent and term, headed sections."""
    title = s.t(
        "LEASE AGREEMENT|TENANCY AGREEMENT", "ДОГОВОР АРЕНДЫ|ДОГОВОР АРЕНДЫ НЕЖИЛОГО ПОМЕЩЕНИЯ"
    )
    y = _head(s, title, 25, s.chance(0.7))
    seller, buyer = s.mark("seller", s.v.company()), s.mark("buyer", s.v.company())
    rent, months = _price(s, 300, 4000), s.rng.choice([11, 12, 24, 36])
    sections = s.t(
        f"This agreement is made between {seller}, hereinafter the Landlord, and {buyer}, "
        "hereinafter the Tenant.#1. PREMISES#1.1. The Landlord lets and the Tenant takes the "
        f"premises at {s.v.address()}, to be used as an office.#2. RENT#2.1. The Tenant shall pay "
        f"a monthly rent of {rent} in advance.#2.2. The Tenant shall pay a deposit of one month's "
        f"rent.#3. TERM#3.1. The term of this agreement is {months} months.#4. DUTIES OF THE "
        "PARTIES#4.1. The Tenant shall keep the premises in good repair and shall not sublet them "
        "without the Landlord's consent.",
        f"{seller}, именуемое в дальнейшем «Арендодатель», с одной стороны, и {buyer}, именуемое в "
        "дальнейшем «Арендатор», с другой стороны, заключили настоящий договор о нижеследующем:"
        "#1. ПРЕДМЕТ ДОГОВОРА#1.1. Арендодатель передаёт, а Арендатор принимает во временное "
        f"пользование помещение по адресу: {s.v.address()}.#2. АРЕНДНАЯ ПЛАТА#2.1. Арендная плата "
        f"составляет {rent} в месяц.#3. СРОК АРЕНДЫ#3.1. Срок аренды составляет {months} месяцев."
        "#4. ПРАВА И ОБЯЗАННОСТИ СТОРОН#4.1. Арендатор обязуется содержать помещение в исправном "
        "состоянии и не сдавать его в субаренду без согласия Арендодателя.",
    ).split("#")
    y = clauses(s, y + 20, 80, 840, sections + s.padded("law", [], 1, 4), 17)
    _signed(s, y, s.t("Landlord:", "Арендодатель:"), s.t("Tenant:", "Арендатор:"), (seller, buyer))


@specimen_template("contract", "employment", "train", look="serif")
def employment(s: Sheet) -> None:
    """A contract of employment in plain paragraphs, parties in a table at the end."""
    title = s.t("EMPLOYMENT CONTRACT|CONTRACT OF EMPLOYMENT", "ТРУДОВОЙ ДОГОВОР")
    y = _head(s, title, 24, s.chance(0.6))
    seller, buyer = s.mark("seller", s.v.company()), s.mark("buyer", s.v.person())
    pay, post = _price(s, 1200, 6000), s.v.position()
    facts = s.t(
        f"{seller} (the Employer) and {buyer} (the Employee) enter into this contract of "
        f"employment.#The Employee is taken on as {post}.#The salary is {pay} a month, payable on "
        "the last working day.#The working week is 40 hours; paid holiday is 28 days a year."
        "#The probationary period is three months. Either party may terminate this contract with "
        "one month's notice.",
        f"{seller} (Работодатель) и {buyer} (Работник) заключили настоящий трудовой договор."
        f"#1. Работник принимается на работу на должность: {post}.#2. Работнику устанавливается "
        f"должностной оклад {pay} в месяц.#3. Работнику устанавливается 40-часовая рабочая неделя "
        "и ежегодный оплачиваемый отпуск 28 календарных дней.#4. Испытательный срок составляет "
        "три месяца. Договор вступает в силу со дня подписания сторонами.",
    ).split("#")
    y = clauses(s, y + 20, 80, 840, facts + s.padded("law", [], 1, 4), 18)
    rows: list[Row] = [
        [s.t("EMPLOYER", "РАБОТОДАТЕЛЬ"), s.t("EMPLOYEE", "РАБОТНИК")],
        [seller, buyer],
        [s.v.address(), s.v.address()],
    ]
    s.table(80, y + 20, [420, 420], rows, 1, 15, "ll", s.rng.choice(["grid", "none"]), 8)


@specimen_template("contract", "loan", "test")
def loan(s: Sheet) -> None:
    """A loan between two people in running text with the sum in words; witnesses at the foot."""
    y = _head(s, s.t("LOAN NOTE", "РАСПИСКА-СОГЛАШЕНИЕ О ЗАЙМЕ"), 25, False)
    seller, buyer = s.mark("seller", s.v.person()), s.mark("buyer", s.v.person())
    total = _price(s, 500, 9000)
    facts = s.t(
        f"I, {seller} (the lender), residing at {s.v.address()}, and I, {buyer} (the borrower), "
        f"residing at {s.v.address()}, have agreed that:#a) the lender hands over {total} to the "
        f"borrower on the day of signing;#b) the borrower undertakes to give the money back by "
        f"{s.v.date(s.near(200, 700), 0)} with interest at {s.rng.randint(2, 12)} per cent a year;"
        "#c) if the borrower is late, he shall pay a penalty for each day;#d) disputes between us "
        "go to court, and each of us keeps one signed copy.",
        f"Мы, {seller} (займодавец), проживающий по адресу: {s.v.address()}, и {buyer} (заёмщик), "
        f"проживающий по адресу: {s.v.address()}, условились, что:#а) займодавец передаёт заёмщику "
        f"{total} в день подписания;#б) заёмщик обязуется вернуть деньги до "
        f"{s.v.date(s.near(200, 700), 1)} с уплатой {s.rng.randint(2, 12)}% годовых;#в) при "
        "просрочке заёмщик платит неустойку за каждый день;#г) споры передаются в суд, каждая "
        "сторона хранит один подписанный экземпляр.",
    ).split("#")
    y = clauses(s, y + 24, 80, 840, facts + s.padded("law", [], 1, 3), 19)
    _signed(
        s,
        y,
        s.t("Money handed over by", "Передал"),
        s.t("Money received by", "Получил"),
        (s.v.person(), s.v.person()),
    )


@specimen_template("contract", "secrecy", "test", look="sans")
def secrecy(s: Sheet) -> None:
    """Terms of service or secrecy in two columns of small print, facts in a box at the top."""
    title = s.t(
        "Mutual Non-Disclosure Undertaking|Terms of Engagement",
        "Соглашение о неразглашении|Соглашение о сотрудничестве",
    )
    with s.region("Title"):
        y = s.line(60, 50, title, 30, "b")
    seller, buyer = s.mark("seller", s.v.company()), s.mark("buyer", s.v.company())
    facts = [
        (s.t("First side", "Первая сторона"), seller),
        (s.t("Second side", "Вторая сторона"), buyer),
        (s.t("Effective from", "Действует с"), s.mark("date", s.v.date(s.today))),
        (s.t("Fee", "Вознаграждение"), _price(s, 400, 5000)),
    ]
    s.box(60, y + 10, 880, 190, 1.2, fill=(243, 245, 248))
    y = stack(s, 80, y + 24, 840, facts, 17, 8, "right", 0.26)
    own = s.t(
        "Both sides shall keep secret whatever they learn of each other's business, products and "
        "customers.#Secret information shall be used for the purpose of this undertaking only."
        "#This undertaking binds the sides for five years after it ends, and their successors.",
        "Стороны обязуются хранить в тайне сведения о деятельности, продукции и клиентах друг "
        "друга.#Сведения используются только для целей настоящего соглашения.#Соглашение "
        "обязательно для сторон и их правопреемников в течение пяти лет после прекращения.",
    ).split("#")
    parts = [f"{k}. {text}" for k, text in enumerate(own + s.padded("law", [], 2, 5), start=1)]
    half = (len(parts) + 1) // 2
    low = 0.0
    for k, column in enumerate((parts[:half], parts[half:])):
        low = max(low, clauses(s, max(y + 20, 340), 60 + 450 * k, 425, column, 15))
    _signed(
        s,
        low,
        s.t("For the first side", "За первую сторону"),
        s.t("For the second side", "За вторую сторону"),
        (s.v.person(), s.v.person()),
    )
