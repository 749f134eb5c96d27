"""A model over a drawn set: its figures, who answered, what failed, and the report's files."""

import json
import time
from pathlib import Path

import pytest
from PIL import Image

from engine import Engine, EngineError
from engine.core.errors import GenerationError
from engine.core.schema import Evidence
from engine.evaluation import (
    Options,
    Resampling,
    as_markdown,
    compare,
    evaluate,
    read_questions,
    read_report,
    sample,
    score,
    write_report,
)
from engine.evaluation.costs import costs
from engine.evaluation.pictures import PREDICTED_COLOUR, TRUE_COLOUR, draw_item, part_scale
from engine.evaluation.report import Report
from engine.evaluation.running import _Run
from engine.evaluation.scoring import Item
from tests.evaluation import sets
from tests.evaluation.sets import QUESTIONS, RIGHT, OtherScriptedFamily, ScriptedFamily, draw_set

QUICK = Resampling(rounds=200)


def run(engine: Engine, folder: Path, **options: object) -> Report:
    truths = read_questions(folder / "qa.jsonl")
    return evaluate(
        engine,
        "qa",
        truths,
        folder / "docs",
        options=Options(**options),  # type: ignore[arg-type]
        set_name="qa.jsonl",
        resampling=QUICK,
    )


def values(report: Report, group: str = "all") -> dict[str, float]:
    return {name: found.value for name, found in report.figures()[group].items()}


def test_right_answers_at_their_places_score_one(engine: Engine, tmp_path: Path) -> None:
    draw_set(tmp_path)
    report = run(engine, tmp_path)
    assert set(values(report).values()) == {1.0}
    assert set(report.figures()) == {"all", "en", "ru", "field", "none"}
    assert values(report, "none") == {"anls": 1, "exact": 1, "refused": 1}
    assert report.figures()["all"]["evidence"].count == 8
    assert report.answered_by == {"one": 10}
    assert report.worst(5) == []


def test_each_kind_of_failure_lowers_its_own_figure(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_set(tmp_path)
    answers = {
        **RIGHT,
        QUESTIONS["Total"]: "Birch Ltd",  # wrong, printed elsewhere
        QUESTIONS["Date"]: "15 March 2026",  # on no page
        QUESTIONS["Город"]: "Не указан на странице.",
        sets.UNANSWERABLE: "42.00",  # invented
    }
    monkeypatch.setattr(ScriptedFamily, "answers", answers)
    found = values(run(engine, tmp_path))
    assert found["exact"] == pytest.approx(1 / 5)
    assert found["grounded"] == found["evidence"] == pytest.approx(1 / 4)
    assert found["verbatim"] == pytest.approx(3 / 4)
    assert found["answered"] == pytest.approx(3 / 4)
    assert found["refused"] == 0
    assert values(run(engine, tmp_path), "ru")["anls"] == 0


def test_verbatim_is_asked_of_the_model(engine: Engine, tmp_path: Path) -> None:
    draw_set(tmp_path, pages=1)
    run(engine, tmp_path, verbatim=True)
    asked = ScriptedFamily.requests
    assert asked and all(request.verbatim for request in asked)


def test_a_run_that_fails_counts_as_wrong_and_is_told(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_set(tmp_path, pages=1)
    error = GenerationError("model.stalled", model_id="one", seconds="9")
    monkeypatch.setattr(ScriptedFamily, "answers", {**RIGHT, QUESTIONS["Date"]: error})
    report = run(engine, tmp_path)
    assert values(report)["exact"] == pytest.approx(4 / 5)
    assert sum(report.failed.values()) == 1
    assert "1 runs failed and count as wrong" in as_markdown(report)


def test_answers_of_another_model_are_counted(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_set(tmp_path, pages=1)
    error = GenerationError("model.stalled", model_id="one", seconds="9")
    monkeypatch.setattr(ScriptedFamily, "answers", {**RIGHT, QUESTIONS["Date"]: error})
    report = run(engine, tmp_path, model_id="backed")
    assert report.answered_by == {"backed": 4, "two": 1}
    assert report.fallbacks == 1
    assert "1 answers came from another model (two: 1)" in as_markdown(report)


def test_a_missing_document_is_left_out_and_the_rest_goes_on(
    engine: Engine, tmp_path: Path
) -> None:
    draw_set(tmp_path)
    (tmp_path / "docs" / "page1.png").unlink()
    report = run(engine, tmp_path)
    assert len(report.items) == 5
    assert list(report.left_out.values()) == [5]
    assert "page1.png" in next(iter(report.left_out))
    (tmp_path / "docs" / "page0.png").write_bytes(b"no picture")
    with pytest.raises(EngineError, match="None of the documents could be used"):
        run(engine, tmp_path)


def test_a_page_that_the_document_has_not_is_left_out(engine: Engine, tmp_path: Path) -> None:
    path, _ = draw_set(tmp_path, pages=1)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows[0]["page"] = 3
    sets.write_lines(path, rows)
    report = run(engine, tmp_path)
    assert len(report.items) == 4
    assert "no page 3" in next(iter(report.left_out))


def test_costs_are_means_over_items_and_pages_and_medians_of_speeds() -> None:
    usage = {"model_id": "m", "completion_tokens": 5, "peak_memory_bytes": 7, "load_seconds": 0.5}
    measured = (("a", 3.0, 10.0, 1.0), ("a", 1.0, 30.0, 0.2), ("b", 2.0, 20.0, 0.4))
    rows: list[dict[str, object]] = [
        {
            "file": file,
            "seconds": seconds,
            "usage": usage | {"tokens_per_second": speed, "ttft_seconds": ttft},
        }
        for file, seconds, speed, ttft in measured
    ]
    rows.append({"file": "c", "left_out": "it is missing"})
    assert costs(rows) == {
        "seconds_per_item": 2.0,
        "seconds_per_page": 3.0,
        "tokens_per_second": 20.0,
        "ttft_seconds": 0.4,
        "load_seconds": 1.5,
        "peak_memory_bytes": 7,
    }


def test_a_report_is_read_back_as_it_was_and_names_no_place_of_this_machine(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_set(tmp_path, pages=1)
    monkeypatch.setattr(ScriptedFamily, "answers", {**RIGHT, QUESTIONS["Date"]: "Birch Ltd"})
    report = run(engine, tmp_path)
    folder = tmp_path / "report"
    write_report(folder, report, tmp_path / "docs", engine.settings.limits)
    assert read_report(folder / "report.json").to_json() == report.to_json()
    text = (folder / "report.md").read_text(encoding="utf-8")
    for content in (text, (folder / "report.json").read_text(encoding="utf-8")):
        assert str(tmp_path) not in content
    assert "| all | 5 | " in text
    assert "seed 20" in text
    pictures = sorted((folder / "pictures").iterdir())
    assert len(pictures) == 1
    assert f"](pictures/{pictures[0].name})" in text


def test_the_picture_of_a_failure_shows_both_places_in_their_colours(tmp_path: Path) -> None:
    _, drawn = draw_set(tmp_path, pages=1)
    truth = read_questions(tmp_path / "qa.jsonl")[0]
    wrong = drawn["page0.png"][3].bbox  # the date, where the total was asked for
    prediction = {"id": truth["id"], "answer": "14 March 2026", "boxes": [list(wrong)]}
    (item,) = score("qa", [truth], [prediction | {"page_size": [900, 600]}])
    page = Image.open(tmp_path / "docs" / "page0.png")
    picture = draw_item(page, item, "qa")
    right = drawn["page0.png"][1].bbox
    shown, scale = part_scale(page.size, [right, wrong])
    for box, colour in ((right, TRUE_COLOUR), (wrong, PREDICTED_COLOUR)):
        left, top, bottom = box[0], box[1], box[3]
        # The frame's left side runs past the middle of the box's height, a few pixels outside.
        x, y = round((left - shown[0]) * scale), round(((top + bottom) / 2 - shown[1]) * scale)
        near = {picture.getpixel((at, y)) for at in range(max(0, x - 8), x + 1)}
        assert Image.new("RGB", (1, 1), colour).getpixel((0, 0)) in near, colour
    # Question, truth, answer and scores stand below the page.
    below = picture.crop((0, round((shown[3] - shown[1]) * scale) + 2, *picture.size))
    colours = {colour for _, colour in below.getcolors(1 << 24) or []}
    for colour in (TRUE_COLOUR, PREDICTED_COLOUR):
        assert Image.new("RGB", (1, 1), colour).getpixel((0, 0)) in colours


def test_the_worse_run_is_named_worse_and_its_questions_are_listed(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_set(tmp_path, pages=4)
    worse = {**RIGHT, QUESTIONS["Date"]: "42.00", QUESTIONS["Seller"]: "42.00"}
    monkeypatch.setattr(OtherScriptedFamily, "answers", worse)
    one, two = run(engine, tmp_path), run(engine, tmp_path, model_id="two")
    comparison = compare(one, two)
    found = comparison.differences["all"]["exact"]
    assert found.value == pytest.approx(-0.4)
    assert found.beyond_chance
    verdict = comparison.verdict("exact")
    assert "one is better than two by 0.400, more than chance" in verdict
    assert "no difference larger than chance" in comparison.verdict("refused")
    assert [change.is_better for change in comparison.changes] == [False] * 8
    assert compare(two, one).differences["all"]["exact"].value == pytest.approx(0.4)
    folder = tmp_path / "report"
    write_report(
        folder, two, tmp_path / "docs", engine.settings.limits, comparison=comparison, worst=2
    )
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert verdict in text
    assert "0 became better, 8 worse." in text
    assert "tests/one | tests/two" in text  # what differs in the settings
    again = compare(read_report(folder / "report_first.json"), read_report(folder / "report.json"))
    assert again.to_json() == comparison.to_json()


def test_another_wrong_answer_is_named_though_no_score_changed(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_set(tmp_path, pages=1)
    monkeypatch.setattr(ScriptedFamily, "answers", {**RIGHT, QUESTIONS["Date"]: "42.00"})
    monkeypatch.setattr(OtherScriptedFamily, "answers", {**RIGHT, QUESTIONS["Date"]: "Birch Ltd"})
    comparison = compare(run(engine, tmp_path), run(engine, tmp_path, model_id="two"))
    assert comparison.changes == ()
    assert comparison.reworded == ("p0_1",)


def test_runs_over_other_questions_cannot_be_compared(engine: Engine, tmp_path: Path) -> None:
    path, _ = draw_set(tmp_path, pages=1)
    one = run(engine, tmp_path)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    sets.write_lines(path, [row | {"answers": ["other"]} for row in rows])
    with pytest.raises(EngineError, match="share no question"):
        compare(one, run(engine, tmp_path))


def test_a_sample_is_the_same_for_the_same_seed_and_keeps_the_order() -> None:
    rows = list(range(100))
    chosen = sample(rows, 10, seed=3)
    assert chosen == sample(rows, 10, seed=3) == sorted(chosen)
    assert len(set(chosen)) == 10
    assert chosen != sample(rows, 10, seed=4)
    assert sample(rows, 200, seed=3) == rows


def item_of(task: str, truth: dict[str, object], prediction: dict[str, object]) -> Item:
    (item,) = score(task, [truth], [prediction])  # type: ignore[arg-type]
    return item


def test_fields_are_scored_one_by_one_and_an_absent_one_is_right_as_nothing() -> None:
    truth = {
        "file": "a.png",
        "company": "Birch Ltd",
        "date": "2026-03-14",
        "total": "9.00",
        "tax": "",
    }
    said = {"file": "a.png", "company": "BIRCH LTD.", "date": "14/03/2026", "total": "8.00"}
    scores = item_of("receipts", truth, said).scores
    assert {name: pair[0] for name, pair in scores.items()} == {
        "company": 1,
        "date": 1,
        "total": 0,
        "tax": 1,
        "mean": 3,
        "all fields": 0,
    }
    assert item_of("receipts", truth, said | {"tax": "1.00"}).scores["tax"][0] == 0


def test_layout_scores_scale_boxes_and_sum_over_categories() -> None:
    truth = {
        "file": "a.png",
        "page_size": [100, 100],
        "regions": [
            {"bbox": [0, 0, 50, 20], "category": "Title"},
            {"bbox": [0, 30, 50, 90], "category": "Text"},
        ],
    }
    said = {
        "file": "a.png",
        "page_size": [200, 200],
        "regions": [
            {"bbox": [0, 0, 100, 42], "category": "Section-header"},
            {"bbox": [0, 60, 100, 176], "category": "Text"},
        ],
    }
    scores = item_of("layout", truth, said).scores
    assert scores["f1"] == (2, 4)
    assert (scores["f1 Text"], scores["f1 Title"]) == ((2, 2), (0, 1))
    assert item_of("layout", truth, truth).scores["f1"] == (4, 4)


def test_text_is_scored_by_edits_over_all_pages() -> None:
    scores = item_of(
        "text", {"file": "a.png", "text": "abcd efgh"}, {"file": "a.png", "text": "abcd"}
    )
    assert scores.scores["cer"] == (5, 9)
    assert scores.scores["wer"] == (1, 2)


def test_no_question_is_answered_in_the_light_of_another(engine: Engine, tmp_path: Path) -> None:
    draw_set(tmp_path, pages=1)
    run(engine, tmp_path)
    assert len(ScriptedFamily.requests) == 5
    assert [request.history for request in ScriptedFamily.requests] == [()] * 5


def test_a_right_place_of_a_wrong_answer_counts_as_evidence_but_not_as_grounded() -> None:
    truth = {"file": "a.png", "question": "?", "answers": ["42"], "page_size": [100, 100],
             "evidence_box": [10, 10, 20, 20]}  # fmt: skip
    said = {"file": "a.png", "question": "?", "answer": "43", "boxes": [[10, 10, 20, 20]]}
    (item,) = score("qa", [truth], [said])
    assert (item.scores["evidence"], item.scores["grounded"]) == ((1, 1), (0, 1))


def test_whole_documents_are_resampled_where_that_is_asked_for_when_runs_are_compared() -> None:
    truths = [{"file": file, "question": f"{n}?", "answers": ["42"]}
              for file in ("a.png", "b.png") for n in range(4)]  # fmt: skip

    def report(*right: str) -> Report:
        said = [row | {"answer": "42" if row["file"] in right else "7"} for row in truths]
        return Report(
            "qa", "s", "", "m", verbatim=False, answered_by={}, settings={}, machine={}, costs={},
            resampling=Resampling(rounds=200, by="document"),
            items=tuple(score("qa", truths, said)),
        )  # fmt: skip

    found = compare(report("a.png", "b.png"), report("a.png")).differences["all"]["exact"]
    # The two documents may be drawn as a and a, and as b and b.
    assert (found.low, found.high) == (-1, 0)


def test_of_several_pages_the_boxes_on_the_asked_one_count_and_a_place_is_no_refusal(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_set(tmp_path, pages=1)
    said = "The Wharf is not shown on the plan"
    monkeypatch.setattr(ScriptedFamily, "answers", {QUESTIONS["Date"]: said})
    here, elsewhere = (Evidence("d", page, (0.0, 0.0, 9.0, 9.0), said, 1.0) for page in (0, 1))
    monkeypatch.setattr(ScriptedFamily, "evidence", [elsewhere, here])
    items = run(engine, tmp_path).items
    (found,) = (one.prediction for one in items if one.truth["question"] == QUESTIONS["Date"])
    assert (found["answer"], found["boxes"]) == (said, [[0.0, 0.0, 9.0, 9.0]])


def test_the_seconds_of_an_answer_leave_out_the_loading_of_the_model(
    engine: Engine, tmp_path: Path
) -> None:
    asked = _Run(engine, tmp_path, "one", verbatim=False)

    def answer(_: object) -> dict[str, object]:
        time.sleep(0.05)
        return {"answer": "42", "usage": {"load_seconds": 1000.0}}

    assert asked.timed(answer, {"file": "a.png"})["seconds"] == 0
