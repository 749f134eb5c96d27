"""`make fit`: its sets, the weights that it writes, and what docs/ say about both."""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.families.lite import ranking
from engine.families.lite.features import FEATURES as READER_FEATURES
from engine.fields.document_type import DOCUMENT_TYPES, model
from engine.fields.document_type.features import SIZE
from engine.fields.ranking.features import FEATURES
from engine.fields.ranking.scoring import load_weights
from engine.fields.splitting.boundary_features import SIGNS
from engine.fields.splitting.splitter import load_joint_weights
from synthetic import LANGUAGES, templates
from synthetic.papers import names_of
from training import document_types_fit
from training.drawn_sets import SETS, DrawnSet, draw
from training.fit import FITS, Fit, fit, main, run, table, trial_file

ROOT = Path(__file__).resolve().parents[2]
# Types of the trial; their documents may have several pages.
KINDS = ("contract", "invoice", "letter")
# Whatever of training/ writes a file.
WRITERS = (
    "document_types fields splits reading glyphless_font train_reader fit drawn_sets "
    "line_reader.train line_reader.export "
    "reader.convert reader.public_pages reader.prepare reader.train"
)


def small(one: DrawnSet) -> DrawnSet:
    """A set of a few clean pages without OCR."""
    if one.package == "synthetic":
        return replace(one, documents=4, qualities=("clean",), ocr=False)
    if one.name == "DRAWN":
        return replace(one, documents=2 * len(KINDS) * len(LANGUAGES), types=KINDS)
    return replace(one, documents=2, qualities=("clean",), ocr=False)


def contents(folder: Path) -> dict[Path, tuple[bytes, int]]:
    """Every file with its time of writing."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


@pytest.fixture(scope="module")
def shipped() -> dict[Path, bytes]:
    return {one.weights: one.weights.read_bytes() for one in FITS.values()}


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory, shipped: Mapping[Path, bytes]) -> Path:
    """The folder of a whole run on a few documents."""
    out = tmp_path_factory.mktemp("fit")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document_types_fit, "STEPS", 8)
        run(out, tuple(FITS), {k: small(one) for k, one in SETS.items()}, share=0.01, trial=True)
    return out


def test_the_document_types_of_a_trial_load(fitted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "WEIGHTS_FILE", trial_file(fitted, "document_types"))
    loaded = model.classifier.__wrapped__()
    assert loaded.weight.shape == (SIZE, len(DOCUMENT_TYPES))
    assert np.abs(loaded.weight).max() > 0.01


def test_the_fields_of_a_trial_load(fitted: Path) -> None:
    loaded = load_weights.__wrapped__(trial_file(fitted, "fields"))
    assert {"date", "amount", "name"} <= set(loaded)
    assert all(weights.shape == (len(FEATURES),) for weights in loaded.values())
    assert all(np.abs(weights).max() > 0.01 for weights in loaded.values())


def test_the_boundaries_of_a_trial_load(fitted: Path) -> None:
    file = trial_file(fitted, "splits")
    assert set(json.loads(file.read_text())) == set(SIGNS)
    assert np.abs(load_joint_weights.__wrapped__(file)).max() > 0.01


def test_the_ranker_of_a_trial_loads(fitted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = ranking.ranker()  # cached for the tests after this one
    monkeypatch.setattr(ranking, "RANKER_FILE", trial_file(fitted, "reading"))
    loaded = ranking.ranker.__wrapped__()
    assert loaded.hidden.shape == now.hidden.shape and loaded.hidden.dtype == now.hidden.dtype
    assert loaded.scores(np.eye(len(READER_FEATURES), dtype=np.float32)).std() > 0
    assert 0 < loaded.threshold < 1


def test_the_font_of_a_trial_is_the_one_that_ships(fitted: Path) -> None:
    font = trial_file(fitted, "glyphless_font").read_bytes()
    assert font == FITS["glyphless_font"].weights.read_bytes()


def test_a_trial_leaves_the_package_as_it_is(fitted: Path, shipped: Mapping[Path, bytes]) -> None:
    assert {path: path.read_bytes() for path in shipped} == shipped
    assert not list(ROOT.glob("engine/**/*.part"))


def test_a_set_that_is_there_is_not_drawn_again(fitted: Path) -> None:
    before = contents(fitted / "sets")
    for one in SETS.values():
        draw(small(one), fitted / "sets")
    assert contents(fitted / "sets") == before


def test_a_set_that_was_cut_off_is_drawn_to_its_end_and_keeps_its_read_pages(
    tmp_path: Path,
) -> None:
    wanted = replace(small(SETS["T2"]), ocr=True)
    whole = draw(replace(wanted, ocr=False), tmp_path / "other")
    # Cut off behind the last page: all are read, none is to be read again.
    part = tmp_path / f"{wanted.name}.part"
    (part / "index").mkdir(parents=True)
    for page in (whole / "docs").iterdir():
        (part / "index" / f"{page.name}.pkl").write_bytes(b"read before")
    done = draw(wanted, tmp_path)
    assert not part.exists()
    assert {one.read_bytes() for one in (done / "index").iterdir()} == {b"read before"}
    assert (done / "truth.jsonl").read_text() == (whole / "truth.jsonl").read_text()


def test_a_set_of_another_size_is_refused_and_not_taken_for_the_one_wanted(
    fitted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = replace(small(SETS["T2"]), documents=3)
    with pytest.raises(ValueError, match="the set of 3 documents that is wanted"):
        draw(wanted, fitted / "sets")
    with pytest.raises(SystemExit):
        main(["--out", str(fitted), "--only", "splits", "--scale", "0.01"])
    assert "Delete the folder" in capsys.readouterr().err


def test_a_fit_that_fails_leaves_its_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "weights.json"
    file.write_text("fitted before")

    def cut_off(arguments: Sequence[str]) -> int:
        Path(arguments[arguments.index("--out") + 1]).write_text("half of it")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        fit(Fit(cut_off, file), [], file)
    assert file.read_text() == "fitted before"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("scale", ["0", "1.5"])
def test_a_scale_outside_of_0_to_1_is_refused(
    scale: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path), "--scale", scale])
    assert "at most 1" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_trial_takes_a_share_of_the_documents_and_of_the_files() -> None:
    assert SETS["N"].scaled(0.1).documents == 24
    assert SETS["N2"].scaled(0.001).documents == SETS["N2"].least
    assert SETS["T1"].scaled(1.0) == SETS["T1"]
    assert not SETS["T1"].scaled(0.5, ocr=False).ocr
    sets, out = [Path("S")], Path("W")
    assert FITS["splits"].command(sets, out)[3:] == ["--count", "700", "--set", "S"]
    assert FITS["splits"].command(sets, out, 0.1)[3:] == ["--count", "70", "--set", "S"]


@pytest.mark.parametrize("one", SETS.values(), ids=SETS)
def test_each_named_template_is_of_the_train_split_and_none_else_is_drawn(one: DrawnSet) -> None:
    if one.package == "synthetic":
        assert set(one.templates) <= {template.name for template in templates("train")}
        return
    drawn = [
        set(names_of(kind, language, "train"))
        for kind in one.types or DOCUMENT_TYPES
        for language in one.languages or LANGUAGES
    ]
    assert set(one.templates) <= set().union(*drawn)
    # Where no named template fits, synthetic.papers draws any.
    assert not one.templates or all(names & set(one.templates) for names in drawn)


@pytest.mark.parametrize(
    ("document", "package"), [("fields.md", "synthetic.papers"), ("lite.md", "synthetic")]
)
def test_the_table_of_the_docs_is_the_one_of_the_sets(document: str, package: str) -> None:
    """`python -m training.fit --markdown` prints it."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    assert text.split("<!-- sets -->")[1].strip() == table(package).strip()  # type: ignore[arg-type]
    assert "`make fit`" in text


def test_every_set_is_fitted_on_and_every_fit_of_the_docs_exists() -> None:
    assert {name for one in FITS.values() for name in one.sets} == set(SETS)
    docs = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    named = {name for names in re.findall(r"fit --only ([a-z_ ]+)", docs) for name in names.split()}
    assert named == set(FITS) - {"glyphless_font"}


def test_make_fit_runs_the_fits() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^# make fit: ", makefile, re.MULTILINE)
    assert re.search(r"^fit: .*\n\t.*-m training\.fit --out \S+$", makefile, re.MULTILINE)


@pytest.mark.parametrize("name", WRITERS.split())
def test_whatever_writes_a_file_says_from_what_to_where_and_by_which_seed(name: str) -> None:
    source = (ROOT / "training" / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8")
    told = ast.get_docstring(ast.parse(source)) or ""
    assert "Input" in told and "Output" in told and "eed" in told
