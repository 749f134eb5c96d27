"""Driver's licences with a layout that varies with the seed.

They have the numbers of the standards, the abbreviations of American cards, or words in many
wordings and arrangements.
"""

from __future__ import annotations

from synthetic.papers import mrz
from synthetic.papers.arranged import WAYS, arranged, wording
from synthetic.papers.licence import CARD_WIDE, column
from synthetic.papers.people import office, somebody
from synthetic.papers.pieces import ground, portrait
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Sheet
from synthetic.values import digits

_EU_TITLES = (
    "FÜHRERSCHEIN|PERMIS DE CONDUIRE|PATENTE DI GUIDA|RIJBEWIJS|CARTA DE CONDUÇÃO|KØREKORT|"
    "DRIVING PERMIT EUROPEAN UNION"
)
_RU_TITLES = "ВОДИТЕЛЬСКОЕ УДОСТОВЕРЕНИЕ|ВАДЗІЦЕЛЬСКАЕ ПАСВЕДЧАННЕ|ПОСВІДЧЕННЯ ВОДІЯ"
_CATEGORIES = ("B", "AM, B", "A B", "B, C1", "B/BE", "A1, A, B1, B", "B1 B M", "C D CE", "AM/B1/B")


def _day(s: Sheet) -> str:
    if s.language == "ru":
        return s.rng.choice(["%d.%m.%Y", "%d.%m.%Y", "%d %m %Y"])
    return s.rng.choice(["%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d", "%d %b %Y"])


def _categories(s: Sheet) -> str:
    return s.mark("categories", s.rng.choice(_CATEGORIES))


@specimen_template("driver_licence", "standard", "train", wide=CARD_WIDE, height=640, loose=True)
def standard(s: Sheet) -> None:
    """Standard numbers, joined to their values or in their own column.

    A Russian card repeats names, places and the office in Latin letters.
    """
    ground(s)
    r, who, ru, day = s.rng, somebody(s), s.language == "ru", _day(s)
    left = s.chance(0.6)
    with s.region("Title"):
        s.line(300, 20, wording(r, _RU_TITLES if ru else _EU_TITLES), 28, "b", width=660)
    portrait(s, 40 if left else 720, 110, 240, 320)
    x = 310.0 if left else 40.0
    mark, own = r.choice(["{}.", "{}", "{})"]), s.chance(0.4)
    again = ru and s.chance(0.7)
    city = s.v.city()
    if ru:
        region = r.choice([f"{city}ская обл.", f"г. {city}", f"{city}ский край"]).upper()
        place = r.choice([region, f"ГОР. {s.v.city().upper()}", s.v.city().upper()])
        authority = r.choice([f"ГИБДД {digits(r, 4)}", f"МРЭО {digits(r, 4)}", "ГАИ МВД"])
        number = f"{digits(r, 2)} {digits(r, 2)} {digits(r, 6)}"
        address = r.choice([region, s.v.address()])
    else:
        place = r.choice([city, f"{city} ({r.choice('DFEI')})", who.birth_place.upper()])
        authority = r.choice(
            [f"Landratsamt {city}", f"Préfecture de {city}", f"MC-{s.v.city()[:3].upper()}"]
        )
        number = r.choice([digits(r, 9), f"B{digits(r, 3)}{r.choice('KLM')}{digits(r, 6)}"])
        address = s.v.address()
    birth, place = s.mark("birth_date", f"{who.birth:{day}}"), s.mark("birth_place", place)
    issued = s.mark("issue_date", f"{who.issued:{day}}")
    expiry = s.mark("expiry_date", f"{who.expiry:{day}}")

    def said_again(text: str) -> list[tuple[str, str]]:
        return [("", mrz.latin(text.partition("=")[2].rstrip("}")))] if again else []

    surname = s.mark("surname", who.surname.upper())
    given = s.mark("given_names", who.given_all.upper())
    office_ = s.mark("authority", authority)
    entries: list[tuple[str, str]] = [("1", surname), *said_again(surname)]
    entries += [("2", given), *said_again(given)]
    if s.chance(0.5):
        entries += [("3", f"{birth} {place}"), *said_again(place)]
    else:
        entries += [("3", birth), ("", place), *said_again(place)]
    if s.chance(0.5):
        entries += [("4a", f"{issued}   {mark.format('4b')} {expiry}")]
        entries += [("4c", office_), *said_again(office_)]
    else:
        tail = f"   {mark.format('4c')} {office_}"
        entries += [("4a", issued + tail), *said_again(office_), ("4b", expiry)]
    if not ru and s.chance(0.3):
        entries.append(("4d", digits(r, 8)))
    entries.append(("5", s.mark("document_number", number)))
    if s.chance(0.7):
        home = s.mark("address", address)
        entries += [("8", home), *(said_again(home) if address == address.upper() else [])]
    entries.append(("9", _categories(s)))
    size = r.choice([19, 21]) if len(entries) > 12 else r.choice([22, 25])
    y = 70.0
    with s.region("Text"):
        for number_, value in entries:
            printed = mark.format(number_) if number_ else ""
            if own or not printed:
                if printed:
                    s.line(x, y + size * 0.2, printed, size * 0.8)
                shift = 2.4 * size if own else 0.0
                y = s.paragraph(x + shift, y, 620 - shift, value, size, "", 1.2) + size * 0.2
            else:
                y = s.paragraph(x, y, 640, f"{printed} {value}", size, "", 1.2) + size * 0.2


@specimen_template(
    "driver_licence", "abbreviated", "train", ("en",), wide=CARD_WIDE, height=640, loose=True
)
def abbreviated(s: Sheet) -> None:
    """American abbreviations, with or without the standard's numbers before them."""
    ground(s)
    r, who = s.rng, somebody(s, s.rng.choice([4, 5, 8]))
    numbered, colon = s.chance(0.6), r.choice(["", "", ":"])
    day = r.choice(["%m/%d/%Y", "%m-%d-%Y"])

    def said(number: str, label: str, value: str) -> str:
        head = " ".join(part for part in (number if numbered else "", label) if part)
        return f"{head}{colon if label else ''} {value}"

    with s.region("Title"):
        s.line(40, 20, s.v.city().upper(), 36, "b", color=(30, 50, 110))
        s.line(560, 32, wording(r, "DRIVER LICENSE|OPERATOR LICENSE|CDL"), 24, "b", "right", 400)
    left = s.chance(0.6)
    portrait(s, 40 if left else 710, 100, 250, 330)
    x = 320.0 if left else 40.0
    number = s.mark(
        "document_number", r.choice([digits(r, 8), f"{r.choice('CDHS')}{digits(r, 7)}"])
    )
    title = r.choice(["DL", "LIC#", "DLN", "LIC NO", "ID"])
    names = [s.mark("surname", who.surname.upper()), s.mark("given_names", who.given_all.upper())]
    words = ("", "") if numbered and s.chance(0.7) else ("LN", "FN")
    birth = said("3", "DOB", s.mark("birth_date", f"{who.birth:{day}}"))
    issued = said("4a", r.choice(["ISS", "ISSUED"]), s.mark("issue_date", f"{who.issued:{day}}"))
    expiry = said("4b", r.choice(["EXP", "EXPIRES"]), s.mark("expiry_date", f"{who.expiry:{day}}"))
    address = s.v.address().upper()
    street, _, rest = address.partition(", ")
    two = s.chance(0.6) and rest.count(",") == 0
    lines = [said("4d", title, number)]
    lines += [f"{expiry}   {issued}"] if s.chance(0.5) else [birth, expiry]
    lines += [said("1", words[0], names[0]), said("2", words[1], names[1])]
    home = f"{{address.1={street},}} " if two else s.mark("address", address)
    lines.append(said("8", r.choice(["", "ADD"]) if numbered else "", home).lstrip())
    if two:
        lines.append(f"{{address.2={rest}}}")
    if birth not in lines:
        lines.append(birth)
    else:
        lines.append(issued)
    y = column(s, x, 100, 640, lines, 24)
    sex = s.mark("sex", who.sex)
    facts = [
        said("15", "SEX", sex) + "   " + said("18", "EYES", r.choice(["BRO", "BLU", "GRN"])),
        said("16", "HGT", f"5'-{r.randint(2, 11):02d}\"")
        + "   "
        + said("17", "WGT", f"{r.randint(120, 220)} lb"),
        said("9", r.choice(["CLASS", "CL"]), s.mark("categories", r.choice("ABCD")))
        + "   "
        + said("12", r.choice(["REST", "RSTR"]), "NONE"),
        said("5", "DD", digits(r, 12)),
    ]
    column(s, x, y + 4, 640, facts, 19)


_LABELS = {
    "surname": ("Surname|Last name|Family name|Primary name", "Фамилия|Фамилия/Surname"),
    "given_names": ("Given names|First name|Forenames", "Имя, отчество|Имя и отчество|Имя/Name"),
    "birth_date": ("Date of birth|Birth date|DOB", "Дата рождения|Д.р.|Число рождения"),
    "birth_place": ("Place of birth|Birth locality|Born in", "Место рождения|Родился в"),
    "issue_date": ("Date of issue|Issued|Valid from", "Дата выдачи|Выдано|Действует с"),
    "expiry_date": (
        "Date of expiry|Expires|Valid to|Ceases",
        "Действительно до|Годно до|Срок действия",
    ),
    "authority": ("Authority|Issued by|Licensing office", "Кем выдано|Орган выдачи|Выдавший отдел"),
    "document_number": ("Licence No.|Number|Card ref.", "Номер|Серия и номер|ВУ №"),
    "categories": ("Categories|Class|Vehicle classes", "Категории|Категории ТС|Допуск"),
    "address": ("Address|Residence|Lives at", "Адрес|Место жительства|Проживает"),
}


@specimen_template("driver_licence", "arranged", "train", wide=CARD_WIDE, height=660, loose=True)
def arranged_card(s: Sheet) -> None:
    """Words in every arrangement, sometimes in two languages."""
    ground(s)
    r, who, ru, day = s.rng, somebody(s), s.language == "ru", _day(s)
    upper = s.chance(0.6)

    def cased(text: str) -> str:
        return text.upper() if upper else text

    with s.region("Title"):
        s.line(
            40,
            20,
            s.t(
                "Driver's licence card|MOTOR DRIVER'S CARD",
                "Удостоверение водителя ТС|КАРТА ВОДИТЕЛЯ",
            ),
            30,
            "b",
        )
    left = s.chance(0.5)
    portrait(s, 40 if left else 720, 90, 240, 310)
    number = (
        f"{digits(r, 2)}{r.choice('АВСЕ')}{r.choice('ВКМН')} {digits(r, 6)}" if ru else digits(r, 8)
    )
    town = s.v.city()
    values = {
        "surname": cased(who.surname),
        "given_names": cased(who.given_all),
        "birth_date": f"{who.birth:{day}}",
        "birth_place": cased(f"{town}ская область" if ru and s.chance(0.5) else who.birth_place),
        "issue_date": f"{who.issued:{day}}",
        "expiry_date": f"{who.expiry:{day}}",
        "authority": office(s) if ru else f"Licensing Centre {s.v.city()}",
        "document_number": number,
        "categories": r.choice(_CATEGORIES),
        "address": cased(s.v.address()),
    }
    names = list(values)
    if s.chance(0.3):
        names.remove("birth_place")
    if s.chance(0.3):
        names.remove("authority")
    how = r.choice([way for way in WAYS if way != "box"])
    both = ru and s.chance(0.25)
    items = []
    for name in names:
        label = wording(r, _LABELS[name][ru])
        if both and "/" not in label:
            label += r.choice(["/", " / "]) + wording(r, _LABELS[name][0])
        items.append(
            (cased(label) if not ru and s.chance(0.3) else label, s.mark(name, values[name]))
        )
    many = how in ("below", "caption")
    arranged(s, 310 if left else 40, 76, 650, items, how, 16 if many else 20, 3 if many else 6)
