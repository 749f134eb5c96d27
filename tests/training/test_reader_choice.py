"""The choice among candidates of training.reader: questions as ids, model, training, figures."""

import json
import random
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.index.view import view_page
from training.reader import public_pages
from training.reader.encoder import Encoder, EncoderConfig, save_encoder
from training.reader.evaluate import main as evaluate
from training.reader.model import Chooser, collate, loss_of, page_states
from training.reader.prepare import foreign_questions
from training.reader.prepare import main as prepare
from training.reader.questions import (
    CANDIDATES,
    SAME_COLUMN,
    SAME_ROW,
    TOKENS,
    ReadQuestion,
    Shard,
    build_shard,
    page_tokens,
    read_shards,
    relation,
)
from training.reader.score import Judgement, figures, refusals
from training.reader.tokenizer import PieceTokenizer
from training.reader.train import Memory, Trainer, judgements
from training.reader.train import main as train
from training.reading_data import read_examples, truth_indexes

SPACE = "\u2581"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:?"
PIECES = ["<s>", "<pad>", "</s>", "<unk>", SPACE, *LETTERS]
TINY = EncoderConfig(len(PIECES), width=24, layers=2, heads=2, inner=48, positions=512)
TABLE = [["Item", "Price", "Colour"], ["Bread", "3.40", "brown"], ["Milk", "1.20", "white"]]


@pytest.fixture(scope="module")
def tokenizer() -> PieceTokenizer:
    return PieceTokenizer(PIECES, [-1.0] * len(PIECES), {})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of one table page with three questions, the last unanswerable."""
    sheet, places = public_pages.table(TABLE)
    truth = sheet.truth("one", "en")
    rows = [
        public_pages._question("one", truth, "price of Milk?", ["1.20"], [places[2, 1]]),
        public_pages._question("one", truth, "colour of Bread?", ["brown"], [places[1, 2]]),
        public_pages._question("one", truth, "who signed?", [], []),
    ]
    out = tmp_path_factory.mktemp("set")
    public_pages.write_pages(out, iter([(truth, rows)]))
    return out


@pytest.fixture(scope="module")
def shard(folder: Path, tokenizer: PieceTokenizer) -> Shard:
    return build_shard(read_examples(folder), truth_indexes(folder, noise=0.0), tokenizer)


@pytest.fixture
def encoder() -> Encoder:
    torch.manual_seed(0)
    return Encoder(TINY).eval()


def decoded(ids: np.ndarray) -> str:
    return "".join(PIECES[one] for one in ids).replace(SPACE, " ")


def test_a_candidates_span_covers_the_ids_of_its_words(shard: Shard) -> None:
    first = next(one for one in shard.questions if one.answerable)
    right = int(first.shares.argmax())
    page = shard.pages[first.page]
    assert decoded(page[first.tokens[first.spans[right]]]).strip() in {"1.20", "brown"}
    assert first.shares.sum() == pytest.approx(1.0)
    assert first.anls[right] == 1.0
    assert len(first.tokens) <= TOKENS
    assert len(first.scores) <= CANDIDATES
    assert list(first.scores) == sorted(first.scores, reverse=True)


def test_the_head_of_a_column_and_of_a_row_are_kept_beside_a_cell(shard: Shard) -> None:
    first = next(one for one in shard.questions if one.answerable)
    said = decoded(shard.pages[first.page][first.tokens])
    for word in ("Item", "Price", "Milk", "1.20"):
        assert word in said


def test_cells_know_their_row_and_column(folder: Path, tokenizer: PieceTokenizer) -> None:
    view = view_page(truth_indexes(folder, noise=0.0)["one"])
    at = {view.text(cell.first, cell.last): number for number, cell in enumerate(view.cells)}
    assert relation(view, at["Milk"], at["1.20"]) == SAME_ROW
    assert relation(view, at["Price"], at["1.20"]) == SAME_COLUMN
    assert relation(view, at["Price"], at["brown"]) == 0
    tokens = page_tokens(view, tokenizer)
    assert len(tokens.ids) == tokens.starts[-1]


def test_a_question_that_nothing_answers_has_no_right_candidate(shard: Shard) -> None:
    others = [one for one in shard.questions if not one.answerable]
    assert all(not one.shares.any() for one in others)


def test_foreign_questions_come_from_other_kinds_and_have_no_answer(folder: Path) -> None:
    one = read_examples(folder)[0]
    other = replace(one, file="two", document_kind="two", question="the date?")
    same = replace(one, file="three", document_kind="one", question="the sum?")
    found = list(foreign_questions([one, other, same], 1.0, random.Random(0)))
    asked = {(each.file, each.question) for each in found}
    assert {("one", "the date?"), ("three", "the date?")} < asked
    assert {text for file, text in asked if file == "two"} <= {"price of Milk?", "the sum?"}
    assert len(asked) == 3
    assert all(not each.answers and not each.boxes for each in found)


def test_padding_and_the_other_questions_of_a_batch_change_no_score(
    shard: Shard, encoder: Encoder
) -> None:
    memory = Memory(encoder, [shard], 1, to_fit=False)
    rows = [memory.states(*one) for one in memory.questions]
    model = Chooser(encoder, 1).eval()
    torch.nn.init.normal_(model.relation.weight)
    with torch.no_grad():
        together = model(collate(rows))
        for number, row in enumerate(rows):
            alone = model(collate([row]))[0]
            assert torch.allclose(alone, together[number], atol=1e-4)


def test_a_page_longer_than_a_window_keeps_a_state_for_each_id(encoder: Encoder) -> None:
    ids = [5 + number % 20 for number in range(700)]
    with torch.no_grad():
        states = page_states(encoder, ids, 1)
        first = page_states(encoder, ids[:510], 1)
    assert states.shape == (700, 24)
    assert torch.equal(states[:510], first)


def test_training_lowers_the_loss_and_goes_on_from_its_checkpoint(
    shard: Shard, encoder: Encoder, tmp_path: Path
) -> None:
    memory = Memory(encoder, [shard], 1)
    rows = [memory.states(*one) for one in memory.questions]
    torch.manual_seed(0)
    trainer = Trainer(encoder, tmp_path, lower=1)
    losses = [trainer.step(rows) for _ in range(80)]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])
    trainer.save()
    torch.manual_seed(1)
    again = Trainer(Encoder(TINY), tmp_path, lower=1)
    assert (again.seen, again.steps) == (trainer.seen, trainer.steps) == (80 * len(rows), 80)
    again.model.eval()
    trainer.model.eval()
    with torch.no_grad():
        batch = collate(rows)
        assert torch.equal(again.model(batch), trainer.model(batch))


def test_the_frozen_layers_do_not_change(shard: Shard, encoder: Encoder, tmp_path: Path) -> None:
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    trainer = Trainer(encoder, tmp_path, lower=1)
    memory = Memory(encoder, [shard], 1)
    trainer.step([memory.states(*one) for one in memory.questions])
    after = encoder.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and all(name.startswith("layers.1.") for name in changed)


def test_the_loss_is_zero_where_all_weight_is_on_the_right_one() -> None:
    shares = torch.tensor([[0.0, 1.0, 0.0]])
    assert float(loss_of(torch.tensor([[-50.0, 50.0, -50.0]]), shares)) == pytest.approx(0.0)
    assert float(loss_of(torch.zeros(1, 3), shares)) == pytest.approx(np.log(3))


def judgement(one: ReadQuestion, best: int, sure: float) -> Judgement:
    scores = np.full(len(one.scores) + 1, -20.0, np.float32)
    scores[best], scores[-1] = np.log(sure), np.log(1 - sure)
    return Judgement(one, scores, scores)


def test_figures_tell_ways_apart(shard: Shard) -> None:
    one = next(each for each in shard.questions if each.answerable)
    right = int(one.anls.argmax())
    wrong = int(one.anls.argmin())
    made = replace(one, cluster="a"), replace(one, cluster="b")
    told = figures([judgement(each, right, 0.9) for each in made], rounds=50)
    assert told["all"]["encoder"]["anls"] == 1.0
    assert told["all"]["best_candidate"] == 1.0
    told = figures([judgement(each, wrong, 0.9) for each in made], rounds=50)
    assert told["all"]["encoder"]["anls"] == round(float(one.anls[wrong]), 4)


def test_an_unsure_wrong_answer_costs_less_than_a_sure_one(shard: Shard) -> None:
    one = next(each for each in shard.questions if each.answerable)
    nothing = replace(one, answerable=False)
    right = int(one.anls.argmax())

    def way(each: Judgement) -> tuple[int, float]:
        return right, float(np.exp(each.both[right]))

    good = [judgement(one, right, 0.9), judgement(nothing, right, 0.1)]
    bad = [judgement(one, right, 0.1), judgement(nothing, right, 0.9)]
    assert refusals(good, way) == {"risk": 0.25, "refused": 1.0}
    assert refusals(bad, way) == {"risk": 0.75, "refused": 0.0}


def test_the_commands_prepare_questions_once_and_log_a_learning_curve(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = tmp_path / "encoder"
    save_encoder(Encoder(replace(TINY, layers=9)), model)
    told = {"pieces": PIECES, "scores": [-1.0] * len(PIECES), "normalisation": {}}
    (model / "pieces.json").write_text(json.dumps(told), "utf-8")
    shards, out = tmp_path / "shards", tmp_path / "run"
    options = ["--set", str(folder), "--encoder", str(model), "--out", str(shards)]
    # As a command: what it writes must not belong to the command's own module.
    monkeypatch.setattr("sys.argv", ["prepare", *options])
    with pytest.warns(RuntimeWarning, match="sys.modules"), pytest.raises(SystemExit, match="0"):
        runpy.run_module("training.reader.prepare", run_name="__main__")
    written = (shards / "0000.pkl").stat().st_mtime_ns
    assert prepare(options) == 0
    assert (shards / "0000.pkl").stat().st_mtime_ns == written
    assert len(read_shards(shards)[0].questions) >= 2
    command = ["--encoder", str(model), "--shards", str(shards), "--held", str(shards)]
    for _ in range(2):
        train([*command, "--out", str(out), "--minutes", "0"])
    curve = [json.loads(line) for line in (out / "log.jsonl").read_text("utf-8").splitlines()]
    assert curve[1]["seen"] == 2 * curve[0]["seen"] > 0
    assert {"ranker", "encoder", "both"} < set(curve[0]["all"])
    evaluate(["--encoder", str(model), "--run", str(out), "--shards", str(shards)])
    told = json.loads(capsys.readouterr().out)
    assert told["seen"] == curve[1]["seen"]
    assert told["all"] == curve[1]["all"]


def test_judgements_leave_the_model_training(shard: Shard, encoder: Encoder) -> None:
    memory = Memory(encoder, [shard], 1, to_fit=False)
    model = Chooser(encoder, 1)
    found = judgements(model, memory)
    assert model.training
    assert len(found) == len(shard.questions)


def test_public_prose_boxes_lie_on_the_answers_words() -> None:
    text = "The tower was built in 1889 by an engineer from Dijon and is still standing today. " * 3
    sheet, places = public_pages.prose("Tower", text)
    for start, box in places:
        word = next(one for one in sheet.words if one["box"] == box)
        assert text[start:].startswith(word["text"])
    assert len({box[1] for _, box in places}) > 1


def test_held_aside_articles_and_tables_are_in_no_training_set(tmp_path: Path) -> None:
    qa, out = tmp_path / "qa", tmp_path / "out"
    (qa / "xquad").mkdir(parents=True)
    (qa / "wtq" / "csv").mkdir(parents=True)
    for name in ("en", "ru"):
        data = [
            {
                "title": f"Title {number}",
                "paragraphs": [
                    {
                        "context": f"Number {number} is {name} here.",
                        "qas": [
                            {
                                "id": str(number),
                                "question": f"{name} which?",
                                "answers": [
                                    {"text": name, "answer_start": len(f"Number {number} is ")}
                                ],
                            }
                        ],
                    }
                ],
            }
            for number in range(10)
        ]
        (qa / "xquad" / f"xquad.{name}.json").write_text(json.dumps({"data": data}), "utf-8")
    rows = ["id\tutterance\tcontext\ttargetValue"]
    for number in range(10):
        rows.append(f"nt-{number}\twhich colour?\tcsv/{number}.csv\tred{number}")
        (qa / "wtq" / "csv" / f"{number}.csv").write_text(f'"a","b"\n"x","red{number}"\n', "utf-8")
    (qa / "wtq" / "training.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    public_pages.main(["--qa", str(qa), "--out", str(out), "--tables", "100"])
    for name, held in (("xquad", 2 * 2), ("wtq", 0)):
        parts = [
            {one.document_kind for one in read_examples(out / f"{name}_{part}")}
            for part in ("train", "held")
        ]
        assert not parts[0] & parts[1]
        assert len(parts[0]) == (16 if name == "xquad" else 8)
        assert len(parts[1]) == (held or 2)
    crossed = [
        one
        for one in read_examples(out / "xquad_train")
        if not one.question.startswith(one.language)
    ]
    assert crossed
