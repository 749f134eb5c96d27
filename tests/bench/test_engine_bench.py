"""bench.engine runs and its rows hold what they promise; figures themselves are not judged."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.engine import arguments, measure, measure_decoders, page_size, prepare

OPTIONS = ["--rounds", "1", "--new-tokens", "6", "--layers", "2", "--hidden", "64"]
OPTIONS += ["--threads", "1", "--visual-tokens", "200"]


def given(directory: Path, *more: str) -> argparse.Namespace:
    options = arguments().parse_args([*OPTIONS, *more])
    prepare(options, directory)
    return options


@pytest.mark.slow
def test_the_command_writes_a_row_with_and_without_reuse(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    command = [sys.executable, "-m", "bench.engine", *OPTIONS, "--out", str(out)]
    command += ["--attention", "sdpa", "--decoders"]
    root = Path(__file__).parents[2]
    subprocess.run(command, check=True, cwd=root, capture_output=True, timeout=300)
    (row,) = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert row["attention"] == "sdpa"
    reused, without = row["second_with_reuse"], row["second_without"]
    assert isinstance(reused, dict) and isinstance(without, dict)
    # The same prompt both times, or the two could not be compared.
    assert reused["prompt_tokens"] == without["prompt_tokens"] > row["visual_tokens"] > 150
    ratio = reused["ttft_seconds"] / without["ttft_seconds"]
    assert row["ttft_second_over_full"] == pytest.approx(ratio)
    assert row["peak_memory_bytes"] > row["weights_bytes"] > 0
    both = row["two_sessions"]
    assert both["first_ttft_seconds"] <= both["second_ttft_seconds"] <= both["both_seconds"]


def test_every_decoder_has_its_speed_and_says_the_same(tmp_path: Path) -> None:
    decoders = ["eager", "sdpa", "static"]
    found = measure_decoders(given(tmp_path, "--decoders", *decoders))["decoders"]
    assert list(found) == decoders
    assert all(one["tokens_per_second"] > 0 for one in found.values())
    # One prompt, random weights: whatever decodes it says the same.
    assert all(one["same_tokens"] for one in found.values())


def test_a_family_that_cannot_chat_has_a_first_turn_alone(tmp_path: Path) -> None:
    row = measure(given(tmp_path, "--family", "got_ocr"), "eager")
    assert row["first"]["total_seconds"] > 0
    assert row["second_with_reuse"] is row["second_without"] is None


@pytest.mark.parametrize(("tokens", "cell"), [(117, 28), (1536, 28), (1536, 32)])
def test_the_page_has_about_as_many_visual_tokens_as_asked(tokens: int, cell: int) -> None:
    width, height = page_size(tokens, cell)
    assert width % cell == height % cell == 0
    assert width // cell * (height // cell) == pytest.approx(tokens, rel=0.05)


def test_a_machine_without_a_compiler_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from bench import engine_decode
    from engine.families.decoding.generate import DecodingInputs
    from engine.families.prompts.token_ids import PromptIds

    monkeypatch.setattr("shutil.which", lambda name: None)
    prompt = PromptIds((1, 2, 3), ())
    inputs = DecodingInputs("a", prompt, lambda span: {}, None, lambda: None, {})
    told = engine_decode.decoded(None, inputs, ["compiled"], 4, 1)
    assert told == {"compiled": "not measured: no C++ compiler"}
    told = engine_decode.decoded(None, object(), ["static"], 4, 1)
    assert told["static"].startswith("not measured: this family")
