"""Passports with a layout that varies with the seed.

They have labels in two or three languages, months in two languages, places of birth of several
lines, and all values repeated in Latin letters.
"""

from __future__ import annotations

from datetime import date

from synthetic.papers import mrz
from synthetic.papers.arranged import WAYS, arranged, wording
from synthetic.papers.people import office, passport_number, somebody, td3_lines
from synthetic.papers.pieces import ground, portrait, row, stack, zone
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Sheet
from synthetic.values import digits, words
from synthetic.values_en import MONTHS

_WIDE = (1000, 1500)
_NUMERIC = {"spaced": "%d %m %Y", "dotted": "%d.%m.%Y", "slash": "%d/%m/%Y"}
# Months as passports of other countries abbreviate them, after ICAO 9303-3, section 3.3.
_OTHER_MONTHS = (
    words("JANV FÉVR MARS AVR MAI JUIN JUIL AOÛT SEPT OCT NOV DÉC"),
    words("ENE FEB MAR ABR MAY JUN JUL AGO SEP OCT NOV DIC"),
    words("JAN FEB MÄR APR MAI JUN JUL AUG SEP OKT NOV DEZ"),
    words("JAN FEV MAR ABR MAI JUN JUL AGO SET OUT NOV DEZ"),
    words("GEN FEB MAR APR MAG GIU LUG AGO SET OTT NOV DIC"),
)
_LABELS = (
    ("surname", "Surname|Family name|Name", "Nom|Apellidos|Name|Cognome|Apelido"),
    ("given_names", "Given names|Forenames|First names", "Prénoms|Nombres|Vornamen|Nome"),
    (
        "nationality",
        "Nationality|Citizenship",
        "Nationalité|Nacionalidad|Staatsangehörigkeit|Cittadinanza",
    ),
    ("birth_date", "Date of birth|Birth date", "Date de naissance|Geburtsdatum|Data di nascita"),
    ("sex", "Sex|Gender", "Sexe|Sexo|Geschlecht"),
    ("birth_place", "Place of birth|Birthplace", "Lieu de naissance|Geburtsort|Luogo di nascita"),
    ("issue_date", "Date of issue|Issued on", "Date de délivrance|Ausstellungsdatum|Fecha"),
    ("expiry_date", "Date of expiry|Valid until", "Date d'expiration|Gültig bis|Data de validade"),
    ("authority", "Authority|Issuing office|Issued by", "Autorité|Behörde|Autoridad|Autorità"),
)
# Labels in languages that no template has.
_RARE = {
    "surname": "Sukunimi|Efternamn|Vezetéknév",
    "given_names": "Etunimet|Förnamn|Utónév",
    "nationality": "Kansalaisuus|Medborgarskap|Állampolgárság",
    "birth_date": "Syntymäaika|Födelsedatum|Születési idő",
    "sex": "Sukupuoli|Kön|Nem",
    "birth_place": "Syntymäpaikka|Födelseort|Születési hely",
    "issue_date": "Myönnetty|Utfärdat|Kiállítás kelte",
    "expiry_date": "Voimassa|Giltigt till|Érvényes",
    "authority": "Viranomainen|Myndighet|Kiállító hatóság",
}
_ARRANGEMENTS = [way for way in WAYS if way not in ("box", "inline")]


@specimen_template("passport", "bilingual", "train", ("en",), wide=_WIDE, height=760, loose=True)
def bilingual(s: Sheet) -> None:
    """A booklet after ICAO 9303: labels in two languages, months too."""
    ground(s)
    r, who = s.rng, somebody(s)
    number, other = passport_number(s), r.choice(_OTHER_MONTHS)
    code, state, citizen = r.choice(
        [
            ("UTO", "UTOPIA", "UTOPIAN"),
            ("CAN", "CANADA", "CANADIAN/CANADIENNE"),
            ("NOR", "NORWAY", "NORSK/NORWEGIAN"),
            ("CHE", "SWISS CONFEDERATION", "SWISS"),
            ("IND", "REPUBLIC OF INDIA", "INDIAN"),
            ("NGA", "FEDERAL REPUBLIC OF NIGERIA", "NIGERIAN"),
            ("DEU", "FEDERAL REPUBLIC OF GERMANY", "DEUTSCH"),
            ("SWE", "SVERIGE SWEDEN", "Svensk/Swedish"),
            ("FIN", "SUOMI FINLAND", "Suomi/Finland"),
        ]
    )
    form = r.choice(["both", "both", "both", "spaced", "dotted", "slash", "short"])
    wide_slash, years = r.choice(["/", " /", " / ", "/ "]), r.choice(["%Y", "%Y", "%Y", "%y"])

    def dated(value: date) -> str:
        month = MONTHS[value.month - 1].upper()
        month = month if s.chance(0.1) else month[:3]
        year = f"{value:{years}}"
        if form == "both":
            first, second = month, other[value.month - 1]
            return f"{value:%d} {first}{wide_slash}{second} {year}"
        if form == "short":
            return f"{value:%d} {month} {year}"
        return f"{value:{_NUMERIC[form]}}"

    place = r.choice([who.birth_place.upper(), f"{who.birth_place.upper()}, {s.v.city().upper()}"])
    if s.chance(0.3):
        place = f"{who.birth_place.upper()} {code}"
    values = {
        "surname": who.surname.upper(),
        "given_names": who.given.upper(),
        "nationality": citizen,
        "birth_date": dated(who.birth),
        "sex": who.sex,
        "birth_place": place,
        "issue_date": dated(who.issued),
        "expiry_date": dated(who.expiry),
        "authority": r.choice(
            ["PASSPORT OFFICE", f"{s.v.city().upper()}", "STADT ", "GOV. AGENCY "]
        )
        + r.choice(["", f" {s.v.city().upper()}"]),
    }
    values["authority"] = " ".join(values["authority"].split())
    between = r.choice(["/", " / ", " · ", "  "])
    numbered, second, english_last = s.chance(0.3), s.chance(0.75), s.chance(0.5)
    items = []
    for at, (name, first, others) in enumerate(_LABELS, start=1):
        names = [wording(r, first), wording(r, others if s.chance(0.7) else _RARE[name])]
        label = between.join(names[::-1] if english_last else names) if second else names[0]
        if numbered:
            label = f"{at}. {label}" if s.chance(0.5) else f"{label} ({at})"
        items.append((label, s.mark(name, values[name])))
    if s.chance(0.5):
        items[3], items[4] = items[4], items[3]
    left = s.chance(0.7)
    x = 320.0 if left else 40.0
    with s.region("Title"):
        s.line(40, 22, state, 24, "b", width=560)
        s.line(
            620, 22, wording(r, "PASSPORT|PASSEPORT PASSPORT|PASAPORTE / PASSPORT"), 20, width=350
        )
    portrait(s, 40 if left else 720, 100, 240, 320)
    label = wording(r, "Passport No.|Passport Number|Document No.")
    label += between + "Passeport N°" if second and s.chance(0.5) else ""
    y = row(
        s,
        x,
        64,
        [
            ("Type", "P", 110),
            ("Code", code, 180),
            (label, s.mark("document_number", number), 350),
        ],
        18,
    )
    how = r.choice(_ARRANGEMENTS)
    if how in ("below", "caption") and s.chance(0.5):
        y2 = arranged(s, x, y, 310, items[:5], how, 18, 5)
        y = max(y2, arranged(s, x + 330, y, 310, items[5:], how, 18, 5))
    else:
        small = how in ("below", "caption")
        y = arranged(s, x, y, 640, items, how, 15 if small else 19, 3 if small else 6)
    zone(s, 40, max(y, 610) + 12, 920, td3_lines(s, who, code, number))


def _birth_place(s: Sheet) -> list[str]:
    """One to three lines."""
    city, other, third = (s.v.city().upper() for _ in range(3))
    return s.rng.choice(
        [
            [f"ГОР. {city}"],
            [f"Г. {city}"],
            [f"ДЕР. {city}", f"{other}СКОГО Р-НА"],
            [f"ПОС. {city} {other}СКОГО", f"РАЙОНА {third}СКОЙ ОБЛ."],
            [f"С. {city}", f"{other}СКИЙ РАЙОН", f"{third}СКАЯ ОБЛАСТЬ"],
            [f"ГОР. {city}", f"{other}СКАЯ ОБЛАСТЬ"],
            [f"ГОР. {city} {other}СКОГО КРАЯ"],
        ]
    )


@specimen_template(
    "passport", "internal_again", "train", ("ru",), wide=_WIDE, height=760, loose=True
)
def internal_again(s: Sheet) -> None:
    """The page with the portrait: each line of a place of birth has its own rule.

    The office is above or below; labels are beside, above or under their values.
    """
    ground(s, (246, 236, 234))
    r, who = s.rng, somebody(s)
    series, tail = f"{digits(r, 2)} {who.issued:%y}", digits(r, 6)
    how = r.choice(["right", "flush", "below", "caption", "ruled"])
    places = _birth_place(s)
    code = f"{r.randint(100, 899)}-{r.randint(1, 99):03d}"
    sex = r.choice([("МУЖ.", "ЖЕН."), ("М", "Ж"), ("МУЖ", "ЖЕН")])[who.sex == "F"]
    if s.chance(0.5):
        names = [
            ("Имя", s.mark("given_names.1", who.given.upper())),
            ("Отчество", s.mark("given_names.2", who.patronymic.upper())),
        ]
    else:
        names = [("Имя, отчество", s.mark("given_names", who.given_all.upper()))]
    marked = [f"{{birth_place.{k}={line}}}" for k, line in enumerate(places, start=1)]
    if len(places) == 1:
        marked = [s.mark("birth_place", places[0])]
    person = [
        ("Фамилия", s.mark("surname", who.surname.upper())),
        *names,
        ("Пол", s.mark("sex", sex)),
        ("Дата рождения", s.mark("birth_date", f"{who.birth:%d.%m.%Y}")),
    ]
    issued = s.mark("issue_date", f"{who.issued:%d.%m.%Y}")
    offices = [
        (s.t("", "Паспорт выдан|Кем выдан|Выдан"), s.mark("authority", office(s))),
        (s.t("", "Дата выдачи|Когда выдан"), issued),
        ("Код подразделения", code),
    ]
    number = s.mark("document_number", f"{series} {tail}")
    with s.region("Title"):
        s.line(40, 20, "РОССИЙСКАЯ ФЕДЕРАЦИЯ", 24, "b", width=500)
    with s.region("Text"):
        s.line(
            640, 20, s.t("", "|№ |Серия и номер ") + number, 24, "b", "right", 320, (170, 40, 50)
        )
    y = 64.0
    over = s.chance(0.5)
    way = "right" if how == "ruled" else how
    if over:
        y = arranged(s, 40, y, 900, offices, way, 17, 5)
    portrait(s, 40, y + 10, 230, 300)
    top = y
    y = arranged(s, 310, y, 640, person, way, 20, 5)
    label = s.t("", "Место рождения")
    if way == "right":
        with s.region("Text"):
            s.line(310, y, label, 20)
            for line in marked:
                y = s.line(566, y, line, 20, width=384) + 4
                if how == "ruled":
                    s.rule(566, y - 2, 950, y - 2, 0.8)
    elif way == "flush":
        with s.region("Text"):
            s.line(310, y, label, 18, "", "right", 231)
            for line in marked:
                y = s.line(553, y, line, 20, "b", width=390) + 4
    else:
        with s.region("Text"):
            if way == "below":
                y = s.line(310, y, label, 15)
            for line in marked:
                y = s.line(310, y, line, 20, "b", width=640) + 3
            if way == "caption":
                y = s.line(310, y, label, 13, "i") + 8
    y = max(y, top + 320)
    if not over:
        y = arranged(s, 40, y + 4, 900, offices, way, 16, 4)
    if s.chance(0.8):
        lines = mrz.russian_internal(
            surname=who.surname,
            given=who.given_all,
            series=series.replace(" ", ""),
            number=tail,
            birth=who.birth,
            sex=who.sex,
            issued=who.issued,
            office=code.replace("-", ""),
        )
        zone(s, 40, max(y, 600) + 12, 920, lines)


@specimen_template("passport", "abroad_again", "train", ("ru",), wide=_WIDE, height=760, loose=True)
def abroad_again(s: Sheet) -> None:
    """A passport for travel abroad: values repeated in Latin letters, below or after a slash."""
    ground(s)
    r, who = s.rng, somebody(s)
    number = f"{r.randint(50, 76)} {digits(r, 7)}"
    under = s.chance(0.6)
    state = "РОССИЙСКАЯ ФЕДЕРАЦИЯ"
    city, far = s.v.city().upper(), r.choice(["USSR", "RUSSIA", "СССР"])
    places = [f"Г. {city}", f"{city}СКАЯ ОБЛ.", city]
    values = {
        "surname": (who.surname.upper(), mrz.latin(who.surname)),
        "given_names": (who.given_all.upper(), mrz.latin(who.given)),
        "nationality": (state, "RUSSIAN FEDERATION"),
        "birth_date": (f"{who.birth:%d.%m.%Y}", ""),
        "sex": ("М" if who.sex == "M" else "Ж", who.sex),
        "birth_place": (r.choice(places), far),
        "issue_date": (f"{who.issued:%d.%m.%Y}", ""),
        "expiry_date": (f"{who.expiry:%d.%m.%Y}", ""),
        "authority": (
            r.choice([f"ФМС {digits(r, 5)}", f"МВД {digits(r, 5)}", f"ГУВМ {s.v.city()}"]),
            "",
        ),
    }
    labels = {
        "surname": ("Фамилия", "Surname"),
        "given_names": ("Имя|Имя, отчество", "Given names"),
        "nationality": ("Гражданство", "Nationality"),
        "birth_date": ("Дата рождения", "Date of birth"),
        "sex": ("Пол", "Sex"),
        "birth_place": ("Место рождения", "Place of birth"),
        "issue_date": ("Дата выдачи", "Date of issue"),
        "expiry_date": ("Дата окончания срока действия|Действителен до", "Date of expiry"),
        "authority": ("Орган, выдавший документ|Кем выдан", "Authority"),
    }
    with s.region("Title"):
        s.line(40, 20, "ПАСПОРТ  PASSPORT", 26, "b", width=400)
        s.line(460, 24, "РОССИЙСКАЯ ФЕДЕРАЦИЯ  RUSSIAN FEDERATION", 17, width=500)
    portrait(s, 40, 90, 240, 320)
    slash = r.choice(["/", " / "])
    with s.region("Text"):
        s.line(700, 52, s.mark("document_number", number), 26, "b", "right", 260, (170, 40, 50))
        s.line(320, 56, "Номер паспорта" + slash + "Passport No.", 15)
    y = 92.0
    how = r.choice(["below", "below", "right"])
    size = 16 if how == "below" else 17
    for name, (ru, latin) in values.items():
        own = wording(r, labels[name][0]) + slash + labels[name][1]
        same_line = bool(latin) and (name == "sex" or not under)
        value = s.mark(name, ru) + (slash + latin if same_line else "")
        y = stack(s, 320, y, 640, [(own, value)], size, 0, how, 0.44)
        if latin and not same_line:
            with s.region("Text"):
                y = s.line(320 if how == "below" else 320 + 640 * 0.44, y, latin, size)
        y += 3
    zone(s, 40, max(y, 610) + 12, 920, td3_lines(s, who, "RUS", number.replace(" ", "")))
