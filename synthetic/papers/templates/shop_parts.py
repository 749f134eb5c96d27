"""Elements of the receipts of shops.py, in the styles of several countries."""

from __future__ import annotations

from synthetic.papers.pieces import stack
from synthetic.sheet import Sheet
from synthetic.templates.receipt_parts import cash_paid
from synthetic.values import digits, items, words

_OWNERS = words(
    "Anson Bestari Chong Dhillon Eastman Farley Goodwin Hartley Ideal Jaya Kingston Lim Maju "
    "Nilam Orient Pasar Quality Royal Seri Teguh Unity Vista Wong Yew Zenith"
)
_TRADES = items(
    "Mart|Hardware|Stationery|Trading|Enterprise|Book Store|Pharmacy|Bakery|Grocery|Supermarket|"
    "Restaurant|Cafe|Furniture|Electrical|Auto Parts|Minimarket|Books & Gifts|Motor Service"
)
_FORMS = items("Sdn Bhd|SDN. BHD.|(M) Sdn Bhd|Ltd|Limited|Inc.||||Pte Ltd|& Co|Enterprise")
_ROADS = items(
    "Jalan Bunga Raya|Jalan SS 4/12|Jalan Perdana 3/7|Lorong Damai 2|Jln Kenanga|Persiaran Utama|"
    "High Street|Church Lane|N Main St|Oak Avenue|W 5th Street|Kings Road|State Route 9"
)
_ESTATES = items(
    "Taman Bahagia|Bandar Baru Seri|Pusat Dagangan Jaya|Kawasan Perindustrian Ria|Seksyen 14|"
    "Riverside Retail Park|Westfield Mall, Level 2|Unit 4, Market Hall"
)
_TOWNS = items(
    "43000 Kajang, Selangor|81100 Johor Bahru, Johor|50450 Kuala Lumpur|10400 Georgetown, Penang|"
    "Leeds LS1 4AP|Bristol BS8 2LR|Springfield, IL 62704|Dayton, OH 45402|Croydon CR0 2YF|"
    "31400 Ipoh, Perak|Tucson AZ 85701"
)
_RU_NAMES = items(
    "Берёзка|Продукты 24|Добрый день|Светлана|Гастроном № 7|Фермер|Уют|Хозмаг|Аптека Здоровье|"
    "Книжный дом|Сладкоежка|Автомир|Строитель|Весна|Меркурий"
)
_RU_FORMS = items("ООО|ИП|АО|ООО|ООО ТД")
_MONTHS = words("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")


def fixed(s: Sheet) -> str:
    """The date in the format of tills."""
    day = s.v.day()
    if s.language == "ru":
        return f"{day:%d.%m.%Y}" if s.chance(0.6) else f"{day:%d.%m.%y}"
    month = _MONTHS[day.month - 1]
    return s.rng.choice(
        [
            f"{day:%d/%m/%Y}",
            f"{day:%d/%m/%Y}",
            f"{day:%d-%m-%Y}",
            f"{day:%d/%m/%y}",
            f"{day:%Y-%m-%d}",
            f"{day.day:02d} {month} {day.year}",
            f"{day.day:02d}-{month}-{day.year}",
            f"{day:%d.%m.%Y}",
        ]
    )


def name_lines(s: Sheet, y: float, size: float, align: str, *, short: bool = False) -> float:
    """The company in one line or two, sometimes followed by its registration number."""
    r = s.rng
    if s.language == "ru":
        lines = [_russian_name(s)]
    else:
        owners = " ".join(r.sample(_OWNERS, 2 if s.chance(0.3) else 1))
        name = f"{owners} {r.choice(_TRADES)}"
        form = "" if short and s.chance(0.6) else r.choice(_FORMS)
        lines = [name, form] if form and s.chance(0.25) else [f"{name} {form}".strip()]
        if s.chance(0.7):
            lines = [line.upper() for line in lines]
    behind = ""
    if s.language == "en" and not short and s.chance(0.25):
        behind = f" ({digits(r, r.choice([6, 7]))}-{r.choice('ADHKTVWX')})"
    for number, line in enumerate(lines):
        last = number == len(lines) - 1
        y = s.paragraph(
            40,
            y,
            920,
            s.mark(f"company.{number + 1}", line) + (behind if last else ""),
            size,
            r.choice(["b", "b", ""]),
            align=align,
        )
    return y


def _russian_name(s: Sheet) -> str:
    form = s.rng.choice(_RU_FORMS)
    if form == "ИП":
        return f"ИП {s.ru.short_person()}" if s.chance(0.5) else f"ИП {s.ru.person()}"
    return (
        f"{form} «{s.rng.choice(_RU_NAMES)}»"
        if s.chance(0.6)
        else f'{form} "{s.rng.choice(_RU_NAMES)}"'
    )


def letters_of_registration(s: Sheet, y: float, size: float, align: str, share: float) -> float:
    """The line with the registration number, if there is one."""
    if not s.chance(share):
        return y
    number = f"{digits(s.rng, 6)}-{s.rng.choice('ADHKTVWX')}"
    text = (
        s.rng.choice(
            [f"({number})", f"Co. Reg. No: {number}", f"ROC NO: {number}", f"REG NO {number}"]
        )
        if s.language == "en"
        else f"ОГРН {s.ru.ogrn()}"
    )
    return s.line(40, y, text, size * 0.9, "", align, 920)


def address_lines(s: Sheet, y: float, size: float, align: str) -> float:
    """The address in one to four lines, each marked; commas at the ends of lines vary."""
    r = s.rng
    if s.language == "ru":
        whole = s.v.address().split(", ")
        cut = r.randint(1, len(whole) - 1)
        lines = (
            [", ".join(whole)]
            if s.chance(0.3)
            else [", ".join(whole[:cut]) + ",", ", ".join(whole[cut:])]
        )
    else:
        house = r.choice(["No. ", "NO ", "Lot ", "", "", ""]) + str(r.randint(1, 220))
        house += r.choice(["", "", "-1", "A", f"-{r.randint(2, 30)}, Ground Floor"])
        lines = [f"{house}{r.choice([',', ''])} {r.choice(_ROADS)}"]
        if s.chance(0.55):
            lines.append(r.choice(_ESTATES))
        town = r.choice(_TOWNS)
        if ", " in town and s.chance(0.3):
            lines += town.split(", ")
        else:
            lines.append(town)
        ends = r.choice([",", ",", ""])
        lines = [line + ends for line in lines[:-1]] + [lines[-1] + r.choice(["", "", "."])]
        if s.chance(0.2):
            lines = [" ".join(lines)]
        if s.chance(0.55):
            lines = [line.upper() for line in lines]
    for number, line in enumerate(lines, start=1):
        y = s.paragraph(40, y, 920, s.mark(f"address.{number}", line), size, align=align)
    return y


def numbers_of_shop(s: Sheet, y: float, size: float, align: str) -> float:
    """Phone, tax number, e-mail, after the address."""
    ru = s.language == "ru"
    lines = []
    if s.chance(0.75):
        lines.append(s.t("Tel: |TEL |Tel No: |Phone: |", "Тел. |т. |Телефон: ") + s.v.phone())
    if lines and s.chance(0.25):
        lines[-1] += s.t(" Fax: ", " факс ") + s.v.phone()
    if s.chance(0.6 if not ru else 0.9):
        number = s.ru.inn() if ru else f"{digits(s.rng, 12)}"
        label = s.t("GST ID: |GST Reg No: |GST NO |VAT No. |GST REG ", "ИНН ")
        lines.append(label + (s.mark("inn", number) if ru else number))
    if s.chance(0.15):
        lines.append(s.t("www.example.com|Email: shop@example.com", "сайт: example.com"))
    for line in lines:
        y = s.line(40, y, line, size, "", align, 920)
    return y


def heading(s: Sheet, y: float, share: float, size: float = 42.0) -> float:
    """The title of the document, if it has one."""
    if not s.chance(share):
        return y
    text = s.t(
        "TAX INVOICE|Tax Invoice|RECEIPT|CASH BILL|INVOICE|SIMPLIFIED TAX INVOICE|CASH SALES",
        "КАССОВЫЙ ЧЕК|ТОВАРНЫЙ ЧЕК|ПРИХОД|КАССОВЫЙ ЧЕК / ПРИХОД",
    )
    with s.region("Title"):
        return s.line(40, y, text, size, "b", "center", 920)


def sums(
    s: Sheet, goods: list[tuple[str, int, int]], y: float, size: float, *, left: float = 40
) -> float:
    """Everything below the goods: before tax, tax, rounding, total, cash, change, a summary."""
    r, en = s.rng, s.language == "en"
    net = sum(price * count for _, price, count in goods)
    rate = r.choice([5, 6, 10, 20]) if s.chance(0.6) else 0
    included = s.chance(0.6) or not en
    tax = round(net * rate / (100 + rate)) if included else round(net * rate / 100)
    gross = net if included else net + tax
    total = round(gross / 5) * 5 if en and s.chance(0.4) else gross
    width = 960 - left

    def plain(cents: int) -> str:
        return s.v.money(cents, False)

    rows: list[tuple[str, str]] = []
    if s.chance(0.3):
        count = sum(n for _, _, n in goods)
        rows.append((s.t("Total Qty|TOTAL ITEMS|Item Count", "Всего товаров|Позиций"), str(count)))
    if s.chance(0.5):
        before = net if not included else gross - tax
        wording = s.t("SUBTOTAL|Sub Total|SUB-TOTAL|Total Excl. GST", "ПОДЫТОГ|Сумма без НДС")
        rows.append((wording, plain(before)))
    if s.chance(0.15):
        rows.append((s.t("Discount|Total Savings", "Скидка"), plain(0)))
    if rate and not included:
        wording = s.t(f"GST {rate}%|VAT @ {rate}%|Tax {rate}%|TAX|Sales Tax", "")
        rows.append((wording, s.mark("tax", plain(tax))))
    if total != gross:
        if s.chance(0.6):
            rows.append((s.t("Total Sales|Total|TOTAL AMOUNT", ""), plain(gross)))
        sign = "-" if total < gross else ""
        rows.append(
            (s.t("Rounding|ROUNDING ADJ|Rounding Adj.", ""), f"{sign}0.0{abs(total - gross)}")
        )
        wording = s.t("ROUNDED TOTAL|Grand Total|TOTAL|Total Rounded|Nett Total|TOTAL DUE", "")
    else:
        wording = s.t(
            "TOTAL|Total|GRAND TOTAL|TOTAL DUE|Total (RM)|Amount Due|BALANCE DUE|Total Payable",
            "ИТОГ|ИТОГО|ВСЕГО|К ОПЛАТЕ|Итого к оплате",
        )
    shown = s.v.money(total, s.chance(0.4))
    rows.append(
        (wording + r.choice(["", ":", " :"]), s.mark("total", ("=" if not en else "") + shown))
    )
    if s.chance(0.75):
        paid, change = cash_paid(s, total)
        if s.chance(0.3):
            rows.append((s.t("VISA|CARD|MASTERCARD|DEBIT", "БЕЗНАЛИЧНЫМИ|КАРТОЙ"), plain(total)))
        else:
            rows.append((s.t("CASH|Cash|CASH TENDERED|Paid", "НАЛИЧНЫМИ|Получено"), plain(paid)))
            rows.append((s.t("CHANGE|Change|Change Due", "СДАЧА|Сдача"), plain(change)))
    big = s.chance(0.3)
    for name, value in rows:
        grows = big and "{total=" in value
        y = stack(
            s, left, y, width, [(name, value)], size * (1.35 if grows else 1.0), 4, "far", 0.58
        )
    if rate and included:
        y = _tax_inside(s, y + 12, size, left, (rate, gross, tax))
    return y


def _tax_inside(
    s: Sheet, y: float, size: float, left: float, sums_of: tuple[int, int, int]
) -> float:
    """The tax included in the total: a line, or a summary in columns."""
    rate, gross, tax = sums_of
    shown = s.mark("tax", s.v.money(tax, False))
    if s.language == "en" and s.chance(0.5):
        rows = [
            [
                s.t("GST Summary|GST SUMMARY|Tax Code", ""),
                s.t("Amount(RM)|Amount", ""),
                s.t("Tax(RM)|Tax", ""),
            ],
            [f"{s.rng.choice(['SR', 'S', 'Z'])} = {rate}%", s.v.money(gross - tax, False), shown],
        ]
        return s.table(
            left,
            y,
            [420, 260, 240] if left < 100 else [200, 140, 120],
            rows,
            0,
            size,
            "lrr",
            "none",
            4,
        )
    wording = s.t(
        f"GST {rate}% included|Includes VAT {rate}%|incl. GST|Tax included",
        f"СУММА НДС {rate}%|в т.ч. НДС",
    )
    return stack(s, left, y, 960 - left, [(wording, shown)], size, 4, "far", 0.6)
