"""Training the second opinion, on a model of four small layers and questions made up here."""

import dataclasses
import random

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaModel

from bench.chooser_adapter import AdapterShape, Chooser, adapter_scores, export, train
from bench.chooser_data import Shortlist, crossfitted, examples_of, shortlist
from bench.chooser_head import HeadShape, best_weight, crossfitted_scores, fit_head, mixed
from bench.chooser_measure import compare
from bench.chooser_model import encode, frozen_states
from bench.chooser_states import keep_states, kept_states
from bench.synthetic.writing import write_set
from engine.families.lite.features import FEATURES
from engine.families.lite.ranking import ranker

K, CUT = 3, 2


class Letters:
    """A tokenizer with a token for each character."""

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        assert not add_special_tokens
        return [ord(letter) % 128 for letter in text]


def model() -> LlamaModel:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=128,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
    )
    return LlamaModel(config).eval()


def made_up(number: int) -> Shortlist:
    """The ranker's first is wrong; right is what stands behind the label that is asked for."""
    chance = random.Random(number)
    labels = chance.sample("ABCDEFG", K)
    right = chance.randrange(1, K)
    hit = np.eye(K, dtype=np.float32)[right]
    return Shortlist(
        question=labels[right] * 3,
        file=f"docs/{number // 4}.png",
        language="en",
        template="form plain",
        fold=number % 3,
        before=tuple(label * 3 for label in labels),
        texts=tuple(str(chance.randrange(10, 99)) for _ in labels),
        after=("",) * K,
        scores=np.linspace(0, -1, K, dtype=np.float32),
        features=np.zeros((K, len(FEATURES)), np.float32),
        anls=hit,
        exact=hit,
        hit=hit,
        answerable=True,
        refused=number % 2 == 0,
    )


def cued(number: int) -> Shortlist:
    """The same, with a sign that nobody can miss: the right answer is of letters."""
    one = made_up(number)
    texts = list(one.texts)
    texts[int(one.hit.argmax())] = "zz"
    return dataclasses.replace(one, texts=tuple(texts))


def seen_of(lists, folder, llama):
    keep_states(llama, Letters(), lists, folder, k=K, depths=(2, 4), cut=CUT, minutes=1)
    return list(kept_states(Letters(), lists, folder, k=K))


def share_right(lists, scores) -> float:
    return float(np.mean([one.hit[int(s.argmax())] for one, s in zip(lists, scores, strict=True)]))


def test_a_candidate_is_judged_as_if_it_were_alone() -> None:
    whole = made_up(1)
    llama = model()
    together, _ = frozen_states(llama, encode(Letters(), whole, K), (2, 4), CUT)
    for place in range(K):
        alone = dataclasses.replace(
            whole,
            before=(whole.before[place],),
            texts=(whole.texts[place],),
            after=(whole.after[place],),
        )
        own, _ = frozen_states(llama, encode(Letters(), alone, K), (2, 4), CUT)
        torch.testing.assert_close(own[0], together[place], rtol=1e-4, atol=1e-5)


def test_a_candidate_is_judged_by_the_question(tmp_path) -> None:
    one = made_up(1)
    other = dataclasses.replace(one, question="GGG")
    llama = model()
    readouts = [frozen_states(llama, encode(Letters(), q, K), (4,), CUT)[0] for q in (one, other)]
    assert not torch.allclose(readouts[0], readouts[1], atol=1e-3)


def test_states_go_on_where_they_were_stopped(tmp_path) -> None:
    lists = [made_up(number) for number in range(45)]
    llama, folder = model(), tmp_path / "states"
    options = {"k": K, "depths": (2, 4), "cut": CUT}
    first = keep_states(llama, Letters(), lists, folder, minutes=1, part=0, parts=2, **options)
    second = keep_states(llama, Letters(), lists, folder, minutes=1, **options)
    assert (first, second) == (25, 20)
    kept = list(kept_states(Letters(), lists, folder, k=K))
    assert [one.shortlist.question for one in kept] == [one.question for one in lists]


def test_the_adapter_learns_what_right_answers_look_like(tmp_path) -> None:
    lists = [cued(number) for number in range(100)]
    seen = seen_of(lists, tmp_path / "states", model())
    shape = AdapterShape(cut=CUT, rate=1e-2, head_rate=1e-2, batch=4, epochs=2, dropped=0.0)
    chooser = Chooser(model(), shape)
    before = share_right(lists[60:], adapter_scores(chooser, seen[60:]))
    assert train(chooser, seen[:60], tmp_path / "adapter", minutes=5)
    after = share_right(lists[60:], adapter_scores(chooser, seen[60:]))
    assert before == 0.0  # untrained, it finds all alike: the first is chosen, which is wrong
    assert after > 0.9  # by chance 0.33
    assert any(
        tensor.abs().max() > 0 for name, tensor in chooser.learnt().items() if "lora_B" in name
    )


def test_a_run_that_was_stopped_ends_as_one_in_a_single_go(tmp_path) -> None:
    seen = seen_of([made_up(number) for number in range(12)], tmp_path / "states", model())
    shape = AdapterShape(cut=CUT, batch=4, epochs=1)
    whole = Chooser(model(), shape)
    assert train(whole, seen, tmp_path / "whole", minutes=5)
    pieces = []
    for _ in range(9):
        chooser = Chooser(model(), shape)
        pieces.append(train(chooser, seen, tmp_path / "parts", minutes=0))
        if pieces[-1]:
            break
    assert pieces == [False, False, True]
    for name, tensor in whole.learnt().items():
        torch.testing.assert_close(chooser.learnt()[name], tensor)
    with pytest.raises(ValueError, match="another run"):
        train(chooser, seen[:8], tmp_path / "parts", minutes=0)


def test_the_adapter_is_written_as_peft_reads_it(tmp_path) -> None:
    from peft import PeftModel

    seen = seen_of([made_up(number) for number in range(12)], tmp_path / "states", model())
    chooser = Chooser(model(), AdapterShape(cut=CUT, batch=4, epochs=2, rate=1e-2))
    train(chooser, seen, tmp_path / "work", minutes=5)
    chooser.eval()
    export(chooser, tmp_path / "out", "# A card\n", 0.25)
    assert (tmp_path / "out" / "adapter_model.safetensors").stat().st_size < 20_000_000
    assert "A card" in (tmp_path / "out" / "README.md").read_text("utf-8")
    again = PeftModel.from_pretrained(model(), str(tmp_path / "out")).eval()
    ids = torch.tensor([[5, 6, 7]])
    with torch.inference_mode():
        first = chooser.adapted(input_ids=ids).last_hidden_state
        second = again(input_ids=ids).last_hidden_state
        plain = model()(input_ids=ids).last_hidden_state
    torch.testing.assert_close(first, second)
    assert not torch.allclose(first, plain, atol=1e-4)


def test_a_head_on_frozen_states_learns(tmp_path) -> None:
    lists = [cued(number) for number in range(200)]
    seen = seen_of(lists, tmp_path / "states", model())
    shape = HeadShape(1, penalty=0.01)
    assert share_right(lists[150:], fit_head(seen[:150], shape).scores(seen[150:])) > 0.9
    # Heads that have not seen the template of a question learn it, too, so they are trusted.
    scores = crossfitted_scores(seen, shape)
    weight = best_weight(lists, scores)
    assert weight > 0
    assert share_right(lists, mixed(lists, scores, 0.0)) == 0.0
    assert share_right(lists, mixed(lists, scores, weight)) > 0.9


def test_an_opinion_that_is_always_wrong_counts_nothing() -> None:
    lists = [dataclasses.replace(one, anls=one.anls[::-1]) for one in map(made_up, range(40))]
    right_first = [one for one in lists if one.anls[0] == 1.0]
    assert len(right_first) > 10
    wrong = [torch.tensor([0.0, 9.0, 9.0])] * len(right_first)
    assert best_weight(right_first, wrong) == 0.0


def test_figures_are_of_the_choice_and_of_the_rankers_own() -> None:
    lists = [made_up(number) for number in range(20)]
    perfect = [torch.from_numpy(one.hit) for one in lists]
    own = [torch.from_numpy(one.scores) for one in lists]
    (row,) = compare(lists, perfect)
    assert (row.first, row.second, row.best, row.second_place) == (0.0, 1.0, 1.0, 1.0)
    assert row.change is not None and row.change.beyond_chance
    (row,) = compare(lists, own)
    assert row.change is not None and row.change.value == 0.0
    (row,) = compare(lists, perfect, refusing=True)
    assert row.second == 0.5


def test_shortlists_are_of_different_texts_and_begin_with_the_rankers_choice(tmp_path) -> None:
    import pickle

    from bench.reading_data import truth_indexes

    write_set(tmp_path, 3, "train", 5, languages=["en"], only=["invoice"], degradations=["clean"])
    (tmp_path / "index").mkdir()
    for file, index in truth_indexes(tmp_path).items():
        path = tmp_path / "index" / f"{file.removeprefix('docs/')}.pkl"
        path.write_bytes(pickle.dumps(index))
    judged = examples_of(tmp_path)
    assert len(judged) > 5
    for question in judged:
        made = shortlist(question, ranker(), 6)
        assert made is not None
        assert len(set(made.texts)) == len(made.texts) <= 6
        best = int(ranker().scores(question.features.astype(np.float32)).argmax())
        assert made.texts[0] == question.texts[best][:90]
        assert made.scores[0] == 0 and (np.diff(made.scores) <= 0).all()
    assert len(crossfitted(judged, 6)) == len(judged)
