"""Cost of a conversation in the engine on a CPU: first token, tokens per second, memory.

A checkpoint in the published format with random weights is built at the requested size, or an
existing folder is used, and run through the engine itself. Every attention runs in its own process,
so that its peak memory is its own. A second question is asked twice: with the conversation's KV
cache, and with the caches dropped, which is its cost without them. A last process compares decoders
(bench.engine_decode): eager, SDPA, static cache, compiled.

It does not measure the quality of answers. OCR of pages, which the engine runs in parallel, is off
and not measured.

    python -m bench.engine --family qwen2_vl --layers 8 --hidden 512 --visual-tokens 1536
    python -m bench.engine --checkpoint FOLDER --settings-family qwen_vl --out rows.jsonl
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The tests' builder of a tiny checkpoint of a family, and the adapter that runs it. granite_docling
# is not included: random weights generate no layout, and a page without one is an error.
BUILDERS = {
    "qwen2_vl": ("tests.families.tiny:save_qwen2_vl", "qwen_vl"),
    "qwen2_5_vl": ("tests.families.tiny_qwen25_vl:save_qwen25_vl", "qwen_vl"),
    "qwen3_vl": ("tests.families.tiny:save_qwen3_vl", "qwen_vl"),
    "got_ocr": ("tests.families.tiny:save_got_ocr", "got_ocr"),
    "dots_ocr": ("tests.families.tiny_dots_ocr:save", "dots_ocr"),
    "phi3_vision": ("tests.families.tiny_phi3_vision:save", "phi3_vision"),
    "deepseek_ocr": ("tests.families.tiny_deepseek_ocr:save_first", "deepseek_ocr"),
    "deepseek_ocr2": ("tests.families.tiny_deepseek_ocr:save_second", "deepseek_ocr2"),
    "paddleocr_vl": ("tests.families.tiny_paddleocr_vl:save", "paddleocr_vl"),
    "glm_ocr": ("tests.families.tiny_glm_ocr:save", "glm_ocr"),
    "smolvlm": ("tests.families.tiny_smolvlm:save", "smolvlm"),
}
CELL = {"qwen3_vl": 32}  # pixels of a visual token's side; 28 for the others
ATTENTIONS = ("eager", "sdpa")
DECODERS = ("eager", "sdpa", "static", "compiled")
FIRST, SECOND = "What is the total of this page?", "And what is the date on it?"


@dataclass(frozen=True, slots=True)
class Turn:
    """The cost of one question."""

    ttft_seconds: float
    tokens_per_second: float
    total_seconds: float
    prompt_tokens: int


def build(family: str, folder: Path, *, layers: int, hidden: int) -> Path:
    """A checkpoint with random weights; a size is passed on if the family's builder takes it."""
    import importlib
    import inspect

    module, _, name = BUILDERS[family][0].partition(":")
    save: Callable[..., Path] = getattr(importlib.import_module(module), name)
    known = inspect.signature(save).parameters
    asked = {"layers": layers, "hidden": hidden}
    return save(folder, **{name: size for name, size in asked.items() if name in known})


def page_size(tokens: int, cell: int) -> tuple[int, int]:
    """(width, height) of a page that gives about `tokens` visual tokens and is never resized."""
    columns = max(2, round((tokens / 1.4) ** 0.5))
    return columns * cell, max(2, round(tokens / columns)) * cell


def prepare(options: argparse.Namespace, directory: Path) -> None:
    """Fill in missing options: the adapter, and a checkpoint that is built in a directory."""
    options.settings_family = options.settings_family or BUILDERS[options.family][1]
    if not options.checkpoint:
        folder = directory / "checkpoint"
        build(options.family, folder, layers=options.layers, hidden=options.hidden)
        options.checkpoint = str(folder)


def measure(options: argparse.Namespace, attention: str) -> dict[str, Any]:
    """Run one attention in this process; see main for the row's keys."""
    import torch

    from engine import Engine, load_settings
    from engine.core.hardware import peak_memory_bytes

    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as directory:
        overlay = Path(directory) / "bench.toml"
        overlay.write_text(_settings(options, attention, Path(directory)), encoding="utf-8")
        with Engine(load_settings(overlay)) as engine:
            engine._indexes.prefetch = lambda *_: None  # type: ignore[method-assign]
            family = _family(engine)
            rounds = list(_rounds(engine, options, Path(directory)))
            weights = sum(p.numel() * p.element_size() for p in family.model.parameters())
            row = {
                **_sizes(family),
                "visual_tokens": _visual_tokens(family),
                "weights_bytes": weights,
                "first": _median([one["first"] for one in rounds]),
                "second_with_reuse": _median([one["second"] for one in rounds if one["second"]]),
                "second_without": _median([one["without"] for one in rounds if one["without"]]),
                "two_sessions": _two_sessions(engine, options, Path(directory)),
                "peak_memory_bytes": peak_memory_bytes(),
            }
    return row


def measure_decoders(options: argparse.Namespace) -> dict[str, Any]:
    """One prompt of the engine's, answered by each decoder."""
    import torch

    from bench.engine_decode import decoded, prompt_of
    from engine import Engine, load_settings

    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as directory:
        overlay = Path(directory) / "bench.toml"
        overlay.write_text(_settings(options, "sdpa", Path(directory)), encoding="utf-8")
        with Engine(load_settings(overlay)) as engine:
            engine._indexes.prefetch = lambda *_: None  # type: ignore[method-assign]
            family = _family(engine)
            session_id = _session(engine, options, Path(directory), 0)
            prompt = prompt_of(family, lambda: _ask(engine, session_id, FIRST))
            figures = decoded(
                family.model, prompt, options.decoders, options.new_tokens, options.rounds
            )
            return {**_sizes(family), "decoders": figures}


def _settings(options: argparse.Namespace, attention: str, directory: Path) -> str:
    pixels = 2 * options.visual_tokens * CELL.get(options.family, 28) ** 2
    # The same number of tokens for all: random weights would end at random places.
    generation = f"max_new_tokens = {options.new_tokens}, min_new_tokens = {options.new_tokens}"
    return (
        f"default_model = 'bench'\ncache_dir = '{directory / 'cache'}'\n"
        f"data_dir = '{directory / 'data'}'\n[models.bench]\nfamily = '{options.settings_family}'\n"
        f"repo_id = '{options.checkpoint}'\ndtype = '{options.dtype}'\nmax_pixels = {pixels}\n"
        f"attn_implementation = '{attention}'\ngeneration = {{ {generation} }}\n"
    )


def _family(engine: Any) -> Any:
    """The loaded adapter, whose caches and counters are not public."""
    from engine.core.stop_event import StopEvent

    family = engine._models.acquire("bench", StopEvent(), lambda event: None).family
    engine._models.release("bench")
    # Random weights may generate only ids without text, which the engine reports as an error.
    silent = sorted(family.processor.tokenizer.get_added_vocab().values())
    family.model.generation_config.suppress_tokens = silent
    return family


def _sizes(family: Any) -> dict[str, int]:
    """Layers and width of the loaded language model, which may differ from the options."""
    text = family.model.config.get_text_config()
    return {"layers": text.num_hidden_layers, "hidden": text.hidden_size}


def _visual_tokens(family: Any) -> int | None:
    """Visual tokens of the page; None if a family does not report them."""
    seen = list(getattr(getattr(family, "images", None), "known", {}).values())
    return seen[-1].tokens if seen else None


def _session(engine: Any, options: argparse.Namespace, directory: Path, number: int) -> str:
    """A session with its own page, which no cache contains."""
    from font_roboto import Roboto
    from PIL import Image, ImageDraw, ImageFont

    size = page_size(options.visual_tokens, CELL.get(options.family, 28))
    image = Image.new("RGB", size, "white")
    font = ImageFont.truetype(Roboto, 28)
    ImageDraw.Draw(image).text((20, 20), f"Total {number}", fill="black", font=font)
    path = directory / f"{number}.png"
    image.save(path)
    session_id: str = engine.create_session()
    engine.add_document(session_id, path, name=path.name)
    return session_id


def _ask(engine: Any, session_id: str, question: str) -> Turn:
    # Families that read text by regions get a table question, which takes the whole page.
    by_regions = _family(engine).reads_regions
    task = "question" if _can_chat(engine) else "table" if by_regions else "ocr"
    usage = engine.ask(session_id, question, task=task).answer().usage
    return Turn(
        usage.ttft_seconds, usage.tokens_per_second, usage.total_seconds, usage.prompt_tokens
    )


def _can_chat(engine: Any) -> bool:
    info = next(one for one in engine.models() if one.model_id == "bench")
    return bool(info.capabilities.chat)


def _rounds(
    engine: Any, options: argparse.Namespace, directory: Path
) -> Iterator[dict[str, Turn | None]]:
    """Each round is a new conversation; the first, which warms up, is not reported."""
    for number in range(options.rounds + 1):
        session_id = _session(engine, options, directory, number)
        told: dict[str, Turn | None] = {"first": _ask(engine, session_id, FIRST)}
        told["second"] = told["without"] = None
        if _can_chat(engine):
            told["second"] = _ask(engine, session_id, SECOND)
            # The same question at the same place of the conversation, with nothing cached.
            with engine._sessions.get(session_id).lock:
                del engine._sessions.get(session_id).messages[2:]
            engine._models._loaded["bench"].family.drop_caches()
            told["without"] = _ask(engine, session_id, SECOND)
        engine.delete_session(session_id)
        if number:
            yield told


def _two_sessions(engine: Any, options: argparse.Namespace, directory: Path) -> dict[str, float]:
    """Two users ask at the same moment: how long each waits, and how long both take."""
    from engine import EngineError

    turns: dict[str, Turn] = {}
    failed: list[EngineError] = []
    sessions = [_session(engine, options, directory, 900 + number) for number in range(2)]

    def ask(session_id: str) -> None:
        try:
            turns[session_id] = _ask(engine, session_id, FIRST)
        except EngineError as error:
            failed.append(error)

    threads = [threading.Thread(target=ask, args=(one,)) for one in sessions]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in failed:
        raise error
    waits = sorted(turn.ttft_seconds for turn in turns.values())
    return {
        "both_seconds": time.monotonic() - began,
        "first_ttft_seconds": waits[0],
        "second_ttft_seconds": waits[1],
    }


def _median(turns: list[Turn | None]) -> dict[str, float] | None:
    """Medians of each figure; None without turns (a family that cannot chat)."""
    known = [turn for turn in turns if turn]
    if not known:
        return None
    names = ("ttft_seconds", "tokens_per_second", "total_seconds", "prompt_tokens")
    return {name: statistics.median(getattr(turn, name) for turn in known) for name in names}


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--family", choices=BUILDERS, default="qwen2_vl", help="what is built")
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--checkpoint", default="", metavar="FOLDER", help="instead of building")
    parser.add_argument("--settings-family", default="", help="the adapter for --checkpoint")
    parser.add_argument("--visual-tokens", type=int, default=1536, help="of a page, about")
    parser.add_argument("--new-tokens", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--attention", choices=ATTENTIONS, nargs="*", default=list(ATTENTIONS))
    parser.add_argument("--decoders", choices=DECODERS, nargs="*", default=list(DECODERS))
    parser.add_argument("--out", type=Path, metavar="FILE", help="rows are added here, not printed")
    parser.add_argument("--worker", choices=(*ATTENTIONS, "decoders"), help=argparse.SUPPRESS)
    return parser


def main() -> int:
    """Write a JSON row per attention with the figures of measure(), and one with the decoders."""
    options = arguments().parse_args()
    if options.worker:
        decoders = options.worker == "decoders"
        print(
            json.dumps(measure_decoders(options) if decoders else measure(options, options.worker))
        )
        return 0
    with tempfile.TemporaryDirectory() as directory:
        prepare(options, Path(directory))
        whats = [*options.attention, *(["decoders"] if options.decoders else [])]
        for what in whats:
            text = json.dumps(_in_a_process(options, what))
            if options.out:
                with options.out.open("a", encoding="utf-8") as file:
                    file.write(text + "\n")
            else:
                print(text, flush=True)
    return 0


def _in_a_process(options: argparse.Namespace, what: str) -> dict[str, Any]:
    import importlib.metadata

    given = ("family", "settings_family", "checkpoint", "visual_tokens", "new_tokens", "rounds")
    command = [sys.executable, "-m", "bench.engine", "--worker", what]
    for name in (*given, "threads", "dtype"):
        command += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
    done = subprocess.run(
        [*command, "--decoders", *options.decoders], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{what} failed: {done.stderr.strip().splitlines()[-1]}")
    figures = json.loads(done.stdout.splitlines()[-1])
    row = {
        "family": options.family,
        "dtype": options.dtype,
        "threads": options.threads,
        "torch": importlib.metadata.version("torch"),
        "transformers": importlib.metadata.version("transformers"),
    }
    if what == "decoders":
        return {**row, **figures}
    second, without = figures["second_with_reuse"], figures["second_without"]
    share = second and second["ttft_seconds"] / without["ttft_seconds"]
    return {**row, "attention": what, **figures, "ttft_second_over_full": share}


if __name__ == "__main__":
    raise SystemExit(main())
