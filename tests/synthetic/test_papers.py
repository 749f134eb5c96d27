"""Specimens: their truth holds, on every template."""

import re
from collections.abc import Iterator

import numpy as np
import pytest

from synthetic.papers import (
    DOCUMENT_TYPES,
    FIELD_NAMES,
    TYPE_FIELDS,
    Specimen,
    mrz,
    names_of,
    specimen,
)
from synthetic.papers.registry import REGISTRY
from synthetic.papers.truth import Language, Quality, Split
from synthetic.papers.writing import some_specimens

LANGUAGES: tuple[Language, ...] = ("en", "ru")
SPLITS: tuple[Split, ...] = ("train", "test", "fresh")


def one_of_each(*types: str, quality: Quality = "clean") -> Iterator[Specimen]:
    for kind in types:
        for language in LANGUAGES:
            for split in SPLITS:
                for name in names_of(kind, language, split):
                    yield specimen(kind, language, split, 3, quality, template=name)


def test_every_type_has_three_templates_to_train_on_and_two_to_test_on() -> None:
    for kind in DOCUMENT_TYPES:
        for language in LANGUAGES:
            assert len(names_of(kind, language, "train")) >= 3, (kind, language)
            assert len(names_of(kind, language, "test")) >= 2, (kind, language)


def test_fresh_papers_are_of_two_kinds_or_more_and_of_people_that_no_other_split_knows() -> None:
    people: dict[str, set[str]] = {"train": set(), "fresh": set()}
    for kind in ("passport", "driver_licence", "invoice"):
        for language in LANGUAGES:
            assert len(names_of(kind, language, "fresh")) >= 2, (kind, language)
            for split in ("train", "fresh"):
                for seed in range(4 if kind == "driver_licence" else 0):
                    drawn = specimen(kind, language, split, seed, "clean")
                    people[split] |= set(drawn.fields["given_names"].text.casefold().split())
    assert people["train"] and people["fresh"]
    assert not people["train"] & people["fresh"]


def test_no_drawing_function_serves_two_splits() -> None:
    drawers = {
        split: {
            one.template.draw.__qualname__ + one.template.draw.__module__
            for one in REGISTRY.values()
            if one.template.split == split
        }
        for split in SPLITS
    }
    every = [one for own in drawers.values() for one in own]
    assert len(every) == len(set(every))


def test_titles_of_train_and_test_differ() -> None:
    """The largest line of a page of the test split is on no page of the train split."""

    def largest(split: Split, kind: str, language: Language) -> set[str]:
        out = set()
        for name in names_of(kind, language, split):
            for seed in range(2):
                drawn = specimen(kind, language, split, seed, "clean", template=name)
                title = next((r for r in drawn.regions if r.category == "Title"), None)
                lines = [line for line in drawn.lines if title and line.region == title.id]
                out |= {re.sub(r"[\d№#.:]|No\b", "", line.text).strip() for line in lines[:1]}
        return out - {""}

    for kind in ("invoice", "passport", "payment_order", "bank_statement", "contract"):
        for language in LANGUAGES:
            assert not largest("train", kind, language) & largest("test", kind, language)


def test_the_same_arguments_draw_the_same_page() -> None:
    first = specimen("driver_licence", "ru", "test", 5, "phone")
    again = specimen("driver_licence", "ru", "test", 5, "phone")
    assert first.image.tobytes() == again.image.tobytes()
    assert first.fields == again.fields


@pytest.mark.parametrize(
    ("quality", "types"),
    [("clean", ("passport", "driver_licence", "invoice")), ("phone", ("id_card",))],
)
def test_the_box_of_a_field_lies_on_ink(quality: Quality, types: tuple[str, ...]) -> None:
    """Inside each box there is a good share of pixels much darker than its lightest ones."""
    for drawn in one_of_each(*types, quality=quality):
        grey = np.asarray(drawn.image.convert("L"), np.int16)
        for name, field in drawn.fields.items():
            x1, y1, x2, y2 = (round(value) for value in field.bbox)
            inside = grey[max(0, y1) : y2, max(0, x1) : x2]
            spread = np.percentile(inside, 90) - np.percentile(inside, 3)
            assert spread > 50, (drawn.document_type, drawn.template, name)


def test_fields_have_known_names_and_their_words_are_printed() -> None:
    for drawn in one_of_each(*(kind for kind in DOCUMENT_TYPES if TYPE_FIELDS[kind])):
        assert set(drawn.fields) <= TYPE_FIELDS[drawn.document_type] <= FIELD_NAMES
        printed = {word.text.strip(",.;()") for word in drawn.words}
        every = " ".join(word.text for word in drawn.words)
        for name, field in drawn.fields.items():
            words = field.text.split()
            assert words, (drawn.template, name)
            known = [w.strip(",.;()") in printed or w in every for w in words]
            assert all(known), (drawn.template, name, field.text)


def test_check_digits_are_those_of_the_standard() -> None:
    """The examples of ICAO Doc 9303, part 3 section 4.9 and part 4 appendix B."""
    assert mrz.check_digit("D23145890734") == "9"
    assert mrz.check_digit("L898902C3") == "6"
    assert mrz.check_digit("740812") == "2"
    assert mrz.check_digit("ZE184226B<<<<<") == "1"


def test_machine_readable_zones_hold_their_checks() -> None:
    seen = 0
    for drawn in one_of_each("passport", "id_card"):
        if "mrz" not in drawn.fields:
            continue
        seen += 1
        lines = drawn.fields["mrz"].text.split("\n")
        if len(lines) == 3:
            first, second, _ = lines
            assert {len(line) for line in lines} == {30}
            number, birth, expiry = first[5:15], second[:7], second[8:15]
            whole = first[5:] + birth + expiry + second[18:29]
        else:
            _, second = lines
            assert {len(line) for line in lines} == {44}
            number, birth, expiry = second[:10], second[13:20], second[21:28]
            whole = number + birth + expiry + second[28:43]
        for part in (number, birth):
            assert mrz.check_digit(part[:-1]) == part[-1], drawn.template
        if expiry != "<" * 7:
            assert mrz.check_digit(expiry[:-1]) == expiry[-1], drawn.template
        assert mrz.check_digit(whole) == second[-1], drawn.template
        day = drawn.fields["birth_date"].text
        assert birth[:2] in day, drawn.template
    assert seen >= 14


def test_a_set_can_be_of_some_templates_alone() -> None:
    drawn = list(some_specimens(4, "train", 1, types=("passport",), templates=("listed", "page")))
    assert {(one.language, one.template) for one in drawn} == {("en", "listed"), ("ru", "page")}


def test_a_set_takes_types_languages_and_qualities_in_turn() -> None:
    drawn = list(some_specimens(8, "test", 1, types=("receipt", "id_card"), languages=("en",)))
    assert [one.document_type for one in drawn] == ["receipt", "id_card"] * 4
    pairs = {(one.template, one.quality) for one in drawn if one.document_type == "id_card"}
    assert len(pairs) == 4


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("cheque", "en", "test", 1, "scan"), "cheque"),
        (("letter", "fr", "test", 1, "scan"), "fr"),
        (("letter", "en", "test", 1, "fax"), "fax"),
    ],
)
def test_what_cannot_be_drawn_is_named(
    arguments: tuple[str, str, str, int, str], word: str
) -> None:
    with pytest.raises(ValueError, match=word):
        specimen(*arguments)  # type: ignore[arg-type]
