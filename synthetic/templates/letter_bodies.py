"""The prose of letters: a claim, an invitation, an offer of a post; each states facts."""

from __future__ import annotations

from datetime import timedelta

from ..sheet import Sheet


def who(s: Sheet) -> str:
    return s.v.person() if s.language == "en" else s.ru.short_person()


def supply(s: Sheet, y: float, size: float, align: str) -> float:
    """Prose about a late delivery."""
    name, price = s.v.goods()
    count = s.rng.randint(12, 480)
    late = s.rng.randint(4, 20)
    day = s.near(-45, -28)
    s.mark("goods", name)
    parts = [
        s.t(
            f"We refer to our order for {{count={count} units}} of the article “{name}”, "
            "placed on "
            f"{{order_date={s.v.date(day, 0)}}}. The consignment reached our warehouse "
            f"{{late={late} days}} later than agreed, "
            f"and {{damaged={s.rng.randint(2, 11)} boxes}} were found to be damaged.",
            f"Ссылаемся на наш заказ на поставку товара «{name}» в количестве "
            f"{{count={count} шт.}}, направленный Вам "
            f"{{order_date={s.v.date(day, 0)}}}. Партия прибыла на склад с опозданием на "
            f"{{late={late} дн.}}, при этом повреждено "
            f"{{damaged={s.rng.randint(2, 11)} коробок}}.",
        ),
        s.t(
            "In view of this we ask you to grant a reduction of "
            f"{{reduction={s.rng.randint(3, 25)}%}} on the price, that is "
            f"{{claim={s.v.money(price * count // 10)}}}, and to confirm the new terms in "
            "writing no later than "
            f"{{deadline={s.v.date(day + timedelta(days=60), 0)}}}.",
            "В связи с изложенным просим предоставить скидку в размере "
            f"{{reduction={s.rng.randint(3, 25)}%}}, что составляет "
            f"{{claim={s.v.money(price * count // 10)}}}, и подтвердить новые условия "
            "письменно в срок до "
            f"{{deadline={s.v.date(day + timedelta(days=60), 0)}}}.",
        ),
        s.t(
            f"Should you have any questions, please call our office on {{phone={s.v.phone()}}}.",
            f"По всем вопросам просим обращаться по телефону {{phone={s.v.phone()}}}.",
        ),
    ]
    return prose(s, parts, y, size, align)


def invitation(s: Sheet, y: float, size: float, align: str) -> float:
    """Prose which invites to a seminar."""
    day = s.near(25, 80)
    topic = s.t(
        "the repair of wooden bridges|keeping paper archives|heating of public "
        "buildings|flood protection of towns",
        "ремонту деревянных мостов|хранению бумажных архивов|отоплению общественных "
        "зданий|защите городов от паводков",
    )
    s.mark("topic", topic)
    hour = f"{s.rng.randint(9, 16)}:{s.rng.choice(['00', '15', '30'])}"
    parts = [
        s.t(
            f"We have the pleasure of inviting you to a seminar on {{topic={topic}}}, "
            "which will be held on "
            f"{{event_date={s.v.date(day, 0)}}} at {{hour={hour}}} in {{place=the hall of "
            f"the {s.v.city()} Library}}.",
            f"Приглашаем Вас принять участие в семинаре по {{topic={topic}}}, который "
            f"состоится {{event_date={s.v.date(day, 1)}}} "
            f"в {{hour={hour}}} в {{place=актовом зале библиотеки г. {s.v.city()}}}.",
        ),
        s.t(
            "The fee for one participant is "
            f"{{fee={s.v.money(s.rng.randint(20, 400) * 100)}}}; it covers lunch and "
            "printed papers. "
            f"The number of seats is limited to {{seats={s.rng.randint(25, 180)}}}. The "
            "opening paper will be read by "
            f"{{speaker={s.v.person()}}}.",
            "Стоимость участия одного слушателя составляет "
            f"{{fee={s.v.money(s.rng.randint(15, 90) * 10000)}}}, включая обед и "
            "печатные материалы. Число мест ограничено: "
            f"{{seats={s.rng.randint(25, 180)}}}. С первым докладом выступит "
            f"{{speaker={s.ru.short_person()}}}.",
        ),
        s.t(
            "Please send the completed application to "
            f"{{email={s.v.email(s.v.person())}}} not later than "
            f"{{deadline={s.v.date(day - timedelta(days=14), 0)}}}.",
            f"Заявку просим направить на адрес {{email={s.v.email(s.v.person())}}} не позднее "
            f"{{deadline={s.v.date(day - timedelta(days=14), 1)}}}.",
        ),
    ]
    return prose(s, parts, y, size, align)


def vacancy(s: Sheet, y: float, size: float, align: str) -> float:
    """Prose which offers a post."""
    day = s.near(2, 10)
    pay = s.rng.randint(18, 60) * 100
    parts = [
        s.t(
            "Further to the interview of "
            f"{{interview={s.v.date(day - timedelta(days=9), 0)}}}, I am glad to offer "
            "you the post of "
            f"{{post={s.v.position()}}} with a monthly salary of "
            f"{{salary={s.v.money(pay * 100)}}}.",
            "По итогам собеседования, прошедшего "
            f"{{interview={s.v.date(day - timedelta(days=9), 1)}}}, рады предложить Вам "
            "должность "
            f"«{{post={s.v.position()}}}» с ежемесячным окладом "
            f"{{salary={s.v.money(pay * 2000)}}}.",
        ),
        s.t(
            f"You would begin on {{start={s.v.date(day + timedelta(days=20), 0)}}}; the "
            "probation period lasts "
            f"{{probation={s.rng.choice(['two', 'three', 'six'])} months}} and the yearly "
            f"leave is {{leave={s.rng.randint(20, 35)} days}}.",
            f"Дата выхода на работу — {{start={s.v.date(day + timedelta(days=20), 1)}}}; "
            "испытательный срок составляет "
            f"{{probation={s.rng.choice(['два месяца', 'три месяца', 'шесть месяцев'])}}}, "
            "ежегодный отпуск — "
            f"{{leave={s.rng.randint(28, 45)} календарных дней}}.",
        ),
        s.t(
            f"Kindly let {{contact={s.v.person()}}} of the personnel office know your "
            "decision within {reply=ten days}.",
            "О своём решении просим сообщить в отдел кадров "
            f"({{contact={s.ru.short_person()}}}) в течение {{reply=десяти дней}}.",
        ),
    ]
    return prose(s, parts, y, size, align)


def prose(s: Sheet, parts: list[str], y: float, size: float, align: str) -> float:
    for part in s.padded("office", parts, 0, 4):
        with s.region("Text"):
            y = (
                s.paragraph(
                    90, y, 820, part, size, align=align, indent=40 if align == "justify" else 0
                )
                + 12
            )
    return y


def body(s: Sheet, y: float, size: float, align: str) -> float:
    return s.rng.choice([supply, invitation, vacancy])(s, y, size, align)
