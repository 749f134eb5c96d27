"""The synthetic documents: what they say of their own pages must be true."""

import json
import math
import random

import numpy as np
import pytest
from PIL import Image

from synthetic import CATEGORIES, LANGUAGES, draw_document, kinds, templates, write_set
from synthetic.canvas import tokens
from synthetic.degrade import LEVELS
from synthetic.examples import EXAMPLES, FOLDER, SIZE_LIMIT
from synthetic.fonts import REQUIRED, covers, families
from synthetic.phrases import bank
from synthetic.values import spellings, weighted
from synthetic.values_en import English
from synthetic.values_ru import Russian, plural

EVERY = [(t.kind, t.language, t.name) for t in templates()]


@pytest.fixture(scope="module")
def clean():
    """Each template drawn once without degradation."""
    return {key: draw_document(*key, seed=1) for key in EVERY}


def words_in(document, box):
    """The words which the box covers, at least in part: quotes and full stops stick to a value."""
    x1, y1, x2, y2 = box
    return "".join(
        word.text
        for word in document.words
        if min(word.box[2], x2) - max(word.box[0], x1) >= 1
        and y1 - 1 <= (word.box[1] + word.box[3]) / 2 <= y2 + 1
    )


def test_every_kind_has_train_and_test_templates_in_both_languages():
    for kind in kinds():
        for language in LANGUAGES:
            found = [t for t in templates() if t.kind == kind and t.language == language]
            assert len(found) >= 3
            assert {t.split for t in found} == {"train", "test"}


def test_train_and_test_wordings_differ():
    for language in LANGUAGES:
        for entry in bank(language).values():
            assert entry.train and entry.test
            assert not set(entry.train) & set(entry.test)


def test_both_languages_ask_for_the_same_kinds():
    assert {k for k, _ in bank("en")} == {k for k, _ in bank("ru")} == set(kinds())


@pytest.mark.parametrize("key", EVERY, ids="-".join)
def test_answers_stand_in_their_boxes(clean, key):
    document = clean[key]
    assert len(document.questions) >= 5
    for question in document.questions:
        if question.kind == "none":
            assert question.answers == [] and question.evidence_boxes == []
            continue
        assert question.answers and question.evidence_boxes
        if question.printed:
            for box in question.evidence_boxes:
                assert question.answers[0].replace(" ", "") in words_in(document, box)


@pytest.mark.parametrize("key", EVERY, ids="-".join)
def test_words_stay_on_the_page_and_in_their_regions(clean, key):
    document = clean[key]
    width, height = document.size
    regions = {region.id: region for region in document.regions}
    for word in document.words:
        x1, y1, x2, y2 = word.box
        assert 0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height
        box = regions[word.region].box
        assert box[0] - 1 <= x1 and box[1] - 1 <= y1 and x2 <= box[2] + 1 and y2 <= box[3] + 1
    assert {region.category for region in document.regions} <= set(CATEGORIES)


def test_no_question_is_asked_twice(clean):
    for document in clean.values():
        asked = [question.question for question in document.questions]
        assert len(asked) == len(set(asked))


def test_shares_of_question_kinds(clean):
    asked = [question.kind for document in clean.values() for question in document.questions]
    assert set(asked) == {"field", "table", "text", "count", "none"}
    assert 0.05 < asked.count("none") / len(asked) < 0.11


def test_same_seed_same_picture():
    first, again, other = (
        draw_document("receipt", "en", "till", seed=seed, degradation="scan") for seed in (4, 4, 5)
    )
    assert first.image.tobytes() == again.image.tobytes()
    assert first.questions == again.questions
    assert first.size != other.size or first.image.tobytes() != other.image.tobytes()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("kind", "language"), [("receipt", "ru"), ("certificate", "en"), ("invoice", "en")]
)
def test_degraded_boxes_still_hold_ink(level, kind, language):
    document = draw_document(kind, language, seed=3, degradation=level)
    grey = np.asarray(document.image.convert("L"), dtype=float)
    misses = 0
    for word in document.words:
        x1, y1, x2, y2 = word.box
        part = grey[math.floor(y1) : math.ceil(y2) + 1, math.floor(x1) : math.ceil(x2) + 1]
        # The seal or a photo's shadow may lie under a word, hence a spread and not a fixed black.
        misses += part.size == 0 or part.max() - part.min() < 50
    assert misses <= len(document.words) * 0.03


def test_degraded_page_keeps_the_order_of_words():
    clean_page = draw_document("letter", "ru", "block", seed=2)
    photo = draw_document("letter", "ru", "block", seed=2, degradation="photo")
    assert [w.text for w in clean_page.words] == [w.text for w in photo.words]
    assert photo.image.size == photo.size != clean_page.size


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_quarter_turn_leaves_truth_in_the_upright_frame(turn):
    upright = draw_document("receipt", "en", "till", seed=6)
    turned = draw_document("receipt", "en", "till", seed=6, quarter_turn=turn)
    assert turned.quarter_turn == turn
    assert turned.size == upright.size and turned.words == upright.words
    back = turned.image.rotate(turn, expand=True)
    assert back.tobytes() == upright.image.tobytes()


def test_unknown_arguments_are_refused():
    with pytest.raises(ValueError, match="language"):
        draw_document("invoice", "de")
    with pytest.raises(ValueError, match="template"):
        draw_document("invoice", "en", "nonesuch")
    with pytest.raises(ValueError, match="kind"):
        draw_document("menu", "en")
    with pytest.raises(ValueError, match="degradation"):
        draw_document("receipt", "en", degradation="muddy")
    with pytest.raises(ValueError, match="quarter_turn"):
        draw_document("receipt", "en", quarter_turn=45)


@pytest.mark.parametrize("language", LANGUAGES)
def test_fonts_have_the_glyphs(language):
    bundled = families(language, True)
    assert len(bundled) == 3
    for family in families(language):
        for style in ("", "b", "i"):
            assert covers(family.face(style, language), REQUIRED[language])
    assert not covers(bundled[0].regular, "\uffff\U0001f600")


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_need_only_the_bundled_fonts(language):
    document = draw_document("receipt", language, "till", seed=1, bundled_fonts=True)
    assert document.words


def test_marks_are_found_in_text():
    found, values = tokens("Due {due=5 May 2020}, No.{n=17}!")
    assert [t.text for t in found] == ["Due", "5", "May", "2020,", "No.17!"]
    assert found[3].parts == [("due", 0, 4)] and found[4].parts == [("n", 3, 5)]
    assert values == {"due": "5 May 2020", "n": "17"}


def test_russian_registry_numbers_have_right_control_digits():
    values = Russian(random.Random(1))
    for _ in range(50):
        inn = values.inn()
        assert weighted(inn, (2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10 == int(inn[9])
        bic = values.bic()
        assert len(bic) == 9
        settlement, corr = values.account(bic), values.account(bic, "30101810")
        assert weighted(bic[-3:] + settlement, (7, 1, 3) * 8) % 10 == 0
        assert weighted("0" + bic[4:6] + corr, (7, 1, 3) * 8) % 10 == 0
        ogrn = values.ogrn()
        assert int(ogrn[:12]) % 11 % 10 == int(ogrn[12])


def test_iban_and_routing_numbers_check():
    values = English(random.Random(1))
    for _ in range(50):
        iban = values.iban().replace(" ", "")
        assert int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1
        assert weighted(values.routing(), (3, 7, 1) * 3) % 10 == 0


def test_numbers_in_words():
    russian, english = Russian(random.Random(0)), English(random.Random(0))
    assert russian.amount_in_words(212_101) == "Две тысячи сто двадцать один рубль 01 копейка"
    assert english.in_words(1_215) == "one thousand two hundred and fifteen"
    assert [plural(n, "a", "b", "c") for n in (1, 2, 5, 11, 21, 112)] == list("abccac")


@pytest.mark.parametrize(
    ("answer", "language", "also"),
    [
        ("$1,234.50", "en", "1,234.50"),
        ("1 234,50 руб.", "ru", "1 234,50"),
        ("12 марта 2024 г.", "ru", "12 марта 2024"),
        ("15 days", "en", "15"),
        ("7", "ru", "семь"),
        ("three months", "en", "3 months"),
        ("двух", "ru", "2"),
        ("статьёй 42", "ru", "статья 42"),
    ],
)
def test_shorter_answers_are_accepted_too(answer, language, also):
    found = spellings(answer, language)
    assert found[0] == answer and also in found


def test_a_date_is_not_cut_to_its_day():
    assert spellings("12 March 2024", "en") == ["12 March 2024"]


def test_written_set(tmp_path):
    number = write_set(
        tmp_path, 4, "test", 1, only=["receipt", "certificate"], degradations=["fax", "scan"]
    )
    rows = [json.loads(line) for line in (tmp_path / "qa.jsonl").open(encoding="utf-8")]
    pages = [json.loads(line) for line in (tmp_path / "truth.jsonl").open(encoding="utf-8")]
    tills = [json.loads(line) for line in (tmp_path / "receipts.jsonl").open(encoding="utf-8")]
    assert len(rows) == number and len(pages) == 4 and len(tills) == 2
    assert len({row["id"] for row in rows}) == number
    sizes = {page["file"]: page["page_size"] for page in pages}
    for page in pages:
        with Image.open(tmp_path / page["file"]) as image:
            assert list(image.size) == page["page_size"]
    for row in rows:
        assert row["page_size"] == sizes[row["file"]]
        assert ("evidence_box" in row) == (row["kind"] != "none")
    for till in tills:
        assert till["company"] and till["date"] and till["address"] and till["total"]


def test_examples_are_there_and_small():
    for example in EXAMPLES:
        path = FOLDER / example.file
        assert 0 < path.stat().st_size < SIZE_LIMIT
        with Image.open(path) as image:
            assert image.size == example.document().size
