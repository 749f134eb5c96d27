"""Templates: what is there, what a wrong file says, and a type of the user's own."""

import re
from pathlib import Path

import pytest

from engine.core.errors import TaskError
from engine.fields import get_template, load_templates
from engine.fields.page_extractor import read_fields
from engine.fields.ranking.scoring import load_weights
from engine.fields.templates import FIELD_TYPES
from tests.fields.drawn import typed

OWN = """
name = "parcel_label"
title = { en = "Parcel label", ru = "Ярлык посылки" }
[fields.parcel]
type = "id"
title = { en = "Parcel number", ru = "Номер посылки" }
synonyms.en = ["parcel number"]
"""


def test_every_document_type_has_a_template_with_titles_in_both_languages() -> None:
    templates = load_templates()
    assert set(templates) >= {
        "receipt", "invoice", "passport", "driver_licence", "id_card", "bank_statement",
        "payment_order", "contract", "letter", "certificate", "form", "report", "other",
    }  # fmt: skip
    for template in templates.values():
        for field in template.fields.values():
            assert field.title.en and field.title.ru
            assert field.type in ("mrz", "items") or field.synonyms.en or field.synonyms.ru


def test_every_type_that_is_scored_has_weights() -> None:
    assert set(load_weights()) >= set(FIELD_TYPES) - {"mrz", "items", "number"}


def write(folder: Path, text: str, name: str = "parcel_label.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_type_of_ones_own_is_read_like_ours(tmp_path: Path) -> None:
    template = get_template("parcel_label", write(tmp_path, OWN))
    fields = read_fields([typed("Acme Parcels", "Parcel number: RX-4711-22")], template)
    assert fields["parcel"].text == "RX-4711-22"
    assert "receipt" in load_templates(tmp_path)


def test_every_type_of_field_can_be_used_by_a_type_of_ones_own(tmp_path: Path) -> None:
    fields = "".join(
        f'[fields.a_{kind}]\ntype = "{kind}"\ntitle = {{ en = "A", ru = "А" }}\n'
        f'synonyms.en = ["my {kind}"]\n'
        for kind in FIELD_TYPES
        if kind != "items"
    )
    text = f'name = "parcel_label"\ntitle = {{ en = "Label", ru = "Ярлык" }}\n{fields}'
    template = get_template("parcel_label", write(tmp_path, text))
    read = read_fields(
        [typed("my number: 12", "my date: 14.03.2026", "my name: Ann Lee")], template
    )
    assert (read["a_number"].value, read["a_date"].value) == ("12", "2026-03-14")


@pytest.mark.parametrize(("number", "passed"), [("1027700132195", True), ("1027700132196", False)])
def test_a_field_of_ones_own_may_have_its_ogrn_checked(
    tmp_path: Path, number: str, passed: bool
) -> None:
    text = OWN.replace('["parcel number"]', '["ogrn"]') + 'checks = ["ogrn"]\n'
    template = get_template("parcel_label", write(tmp_path, text))
    field = read_fields([typed("Acme Parcels", f"OGRN: {number}")], template)["parcel"]
    assert [(check.name, check.passed) for check in field.checks] == [("ogrn", passed)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (OWN + "synonims = 1\n", "fields.parcel.synonims"),
        (OWN.replace('"id"', '"identifier"'), "fields.parcel.type"),
        (OWN.replace('["parcel number"]', "3"), "fields.parcel.synonyms.en"),
        (OWN.replace("parcel_label", "other_name"), "not the file's name"),
        (OWN + "pattern = '['\n", "no regular expression"),
        (OWN + "[[checks]]\nrule = 'order'\nfields = ['parcel', 'x']\n", "'x', which is no field"),
        (OWN + "[[checks]]\nrule = 'order'\nfields = ['parcel']\n", "about 2 fields"),
        ("name = ", "parcel_label.toml"),
    ],
)
def test_a_wrong_file_is_one_sentence_that_names_file_and_key(
    tmp_path: Path, text: str, named: str
) -> None:
    with pytest.raises(TaskError) as caught:
        load_templates(write(tmp_path, text))
    sentence = caught.value.text()
    assert "parcel_label.toml" in sentence
    assert named in sentence


def test_a_missing_folder_and_an_unknown_type_are_said(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="does not exist"):
        load_templates(tmp_path / "nowhere")
    with pytest.raises(TaskError, match="Known: receipt, invoice"):
        get_template("menu")


def test_the_types_whose_figure_is_below_seven_tenths_are_experimental() -> None:
    docs = (Path(__file__).parents[2] / "docs/fields.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| [\d.]+ \[[^|]*\| \*\*([\d.]+)\*\*", docs, re.MULTILINE)
    figures: dict[str, float] = {}
    for name, share in rows:  # of two splits the lower one counts
        figures[name] = min(float(share), figures.get(name, 1.0))
    assert {"passport", "receipt", "contract", "letter"} <= set(figures)
    experimental = {name for name, one in load_templates().items() if one.experimental}
    assert experimental == {name for name, share in figures.items() if share < 0.7}
