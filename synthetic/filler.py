"""Filler sentences without facts that a question asks for; real pages consist mostly of such text.

They contain no dates, sums or names, so they never answer a question by chance.
"""

from __future__ import annotations

import random

_OFFICE = {
    "en": """The matter was raised at the last meeting and met with general approval.
We have always valued the care with which your people handle our requests.
Every effort will be made to keep the arrangements as simple as possible.
A detailed plan will follow as soon as the remaining points have been settled.
The enclosed papers explain the procedure and list the documents that are required.
Should circumstances change, both sides will be informed without delay.
Our experience shows that clear rules save time for everyone involved.
The staff have been asked to prepare the rooms and to check the equipment beforehand.
It was felt that a short report in writing would be more useful than another discussion.
We remain convinced that the work already done forms a sound basis for the future.
Copies of the correspondence are kept in the office and can be seen on request.
Any remarks on the draft are welcome and will be considered with attention.
The usual conditions apply unless something else has been agreed upon in writing.
In our opinion the proposal deserves support, although some details need more thought.""",
    "ru": """Вопрос обсуждался на прошлом совещании и получил общее одобрение.
Мы всегда ценили внимание, с которым ваши сотрудники относятся к нашим просьбам.
Будет сделано всё возможное, чтобы порядок оставался простым и понятным.
Подробный план будет направлен после согласования оставшихся пунктов.
В прилагаемых бумагах разъясняется порядок работы и перечислены нужные документы.
При изменении обстоятельств стороны незамедлительно известят друг друга.
Наш опыт показывает, что ясные правила берегут время всех участников.
Сотрудникам поручено подготовить помещения и заранее проверить оборудование.
Решено, что краткая письменная справка полезнее ещё одного обсуждения.
Уверены, что проделанная работа станет надёжной основой на будущее.
Копии переписки хранятся в канцелярии и предоставляются по запросу.
Замечания к проекту приветствуются и будут внимательно рассмотрены.
Если письменно не согласовано иное, действуют обычные условия.
По нашему мнению, предложение заслуживает поддержки, хотя детали требуют уточнения.""",
}
_LAW = {
    "en": """The provisions of this section apply to all persons wherever they live.
Records are kept in the form laid down by the rules and are open to inspection.
The parties shall inform each other of any change in their particulars.
Notices are given in writing and are held to be received when they are signed for.
Nothing in this text limits rights granted by other enactments.
Costs that arise from the change of documents are borne by the side that asked for it.
Where a term is not defined here, it is used in its ordinary meaning.
The side that cannot fulfil its duties because of forces beyond its control is not liable.
Information received in the course of the work may not be passed on to others.
Officials who act in good faith are not answerable for the outcome of their decisions.
A refusal must state its reasons and name the way in which it may be contested.
Changes and additions are valid only when they are made in writing and signed by both sides.""",
    "ru": """Положения настоящего раздела применяются ко всем лицам независимо от места жительства.
Записи ведутся по установленной форме и открыты для ознакомления.
Стороны обязаны уведомлять друг друга об изменении своих данных.
Уведомления направляются письменно и считаются полученными с момента вручения под роспись.
Ничто в настоящем документе не ограничивает прав, предоставленных иными актами.
Расходы, связанные с изменением документов, несёт сторона, которая об этом просила.
Понятия, не определённые здесь, употребляются в обычном значении.
Сторона не отвечает за неисполнение вследствие непреодолимой силы.
Сведения, полученные в ходе работы, не подлежат передаче третьим лицам.
Должностные лица, действовавшие добросовестно, не отвечают за последствия своих решений.
Отказ должен быть мотивирован и содержать порядок его обжалования.
Изменения и дополнения действительны, если совершены письменно и подписаны сторонами.""",
}
_STUDY = {
    "en": """Earlier writers described what they saw, and few of them took measurements.
The surroundings are varied, and the soil changes from place to place even over short distances.
Old maps show a quite different course of the stream and no trace of the present roads.
The method is simple and cheap, which explains why it has been used for such a long time.
Differences between the places are small and may well be due to chance.
In dry seasons the results are less certain, since the upper layers behave in another way.
Local people tell many stories about these events, not all of them worthy of belief.
A careful reader will notice that the accounts differ in several particulars.
The houses are built of local stone and covered with slate or, less often, with tiles.
It is usual to repeat the trial when the readings of the observers do not agree.
Neither the shape of the vessel nor the colour of the cover had any effect.
Visitors are drawn by the quiet of the place and by the walks along the bank.
Further notes on the matter can be found in the older volumes of the series.
The climate is mild, with long autumns and little snow in winter.""",
    "ru": """Прежние авторы ограничивались описаниями, и лишь немногие проводили измерения.
Местность разнообразна, и почвы меняются даже на небольших расстояниях.
На старых картах русло показано иначе, а нынешних дорог нет вовсе.
Способ прост и дёшев, чем и объясняется его долгое применение.
Различия между участками невелики и могут быть случайными.
В сухое время результаты менее надёжны, так как верхние слои ведут себя по-другому.
Местные жители рассказывают об этом много историй, и не все они заслуживают доверия.
Внимательный читатель заметит, что рассказы расходятся в подробностях.
Дома сложены из местного камня и покрыты сланцем, реже черепицей.
Опыт принято повторять, если показания наблюдателей не совпадают.
Ни форма сосуда, ни цвет покрытия на исход не влияли.
Приезжих привлекают тишина этих мест и прогулки вдоль берега.
Дополнительные заметки можно найти в прежних выпусках издания.
Климат мягкий, с долгой осенью и малоснежной зимой.""",
}
_THEMES = {"office": _OFFICE, "law": _LAW, "study": _STUDY}


def paragraphs(rng: random.Random, language: str, theme: str, count: int) -> list[str]:
    """Paragraphs of two to four sentences; theme: "office", "law" or "study".

    No sentence is repeated.
    """
    sentences = _THEMES[theme][language].splitlines()
    rng.shuffle(sentences)
    out: list[str] = []
    while len(out) < count and sentences:
        size = min(len(sentences), rng.randint(2, 4))
        out.append(" ".join(sentences.pop() for _ in range(size)))
    return out


def mixed(rng: random.Random, facts: list[str], fillers: list[str]) -> list[str]:
    """The paragraphs with facts in their order, with fillers inserted at random."""
    out = list(facts)
    for text in fillers:
        out.insert(rng.randint(0, len(out)), text)
    return out
