"""Nothing that is not on the page: every field's text is made of pieces of the page's lines."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.fields import get_template, load_templates
from engine.fields.page_extractor import read_fields
from engine.fields.values import Field
from engine.index.page_index import PageIndex
from tests.fields.drawn import typed

LABELS = [
    synonym
    for template in load_templates().values()
    for field in template.fields.values()
    for synonym in (*field.synonyms.every[:2], *field.printed_numbers)
]
VALUES = [
    "14.03.2026", "7 марта 2024 г.", "$1,250.00", "99,90 руб.", "ООО «Ромашка»", "SMITH",
    "ANNA MARIA", "Иванов Пётр Ильич", "12 High Street,", "Leeds LS1 4AP", "г. Пермь, ул. Мира,",
    "д. 5", "7707083893", "GB33 BUKB 2020 1555 5555 55", "(123456-X)", "TOTAL", "/", "A, B", "M",
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
]  # fmt: skip
PART = st.one_of(
    st.sampled_from(LABELS),
    st.sampled_from(LABELS).map(lambda label: f"{label.capitalize()}:"),
    st.sampled_from(VALUES),
    st.text("aбВ4.,:/№ -", min_size=1, max_size=9).filter(str.strip),
)
# One space keeps two parts in one cell, two part them.
LINE = st.builds(str.join, st.sampled_from([" ", "  "]), st.lists(PART, min_size=1, max_size=3))


def pieces(text: str, index: PageIndex) -> int | None:
    """The fewest pieces of lines that a text can be put together of; None: it cannot."""
    lines = [" ".join(word.text for word in line.words) for line in index.lines]
    count, at = 0, 0
    while at < len(text):
        lengths = (len(text) - at - cut for cut in range(len(text) - at))
        longest = next((n for n in lengths if any(text[at : at + n] in one for one in lines)), 0)
        if not longest:
            return None
        count, at = count + 1, at + longest
        at += text[at : at + 1] == " "
    return count


def stands(field: Field, index: PageIndex) -> bool:
    texts = [cell.text for row in field.rows for cell in row.values()] or [field.text]
    counts = [pieces(text, index) for text in texts]
    return all(count is not None and count <= len(field.boxes) for count in counts)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(LINE, min_size=1, max_size=12), st.sampled_from(sorted(load_templates())))
def test_every_fields_text_is_made_of_pieces_of_the_page(lines: list[str], kind: str) -> None:
    index = typed(*lines)
    for field in read_fields([index], get_template(kind)).values():
        assert stands(field, index), (field.name, field.text)
        assert field.page_index == index.page_index


def test_the_check_itself_sees_an_invented_word() -> None:
    index = typed("Total:  99.00", "thank you")
    assert pieces("Total: thank", index) == 2
    assert pieces("Total: 98.00", index) is None or pieces("98.00", index) is None
    assert pieces("sorry", index) is None
