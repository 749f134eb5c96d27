"""The real models' sizes with random weights on a CUDA machine: loading, vision, text, memory.

For each model and precision it measures (a) the usual setup, float16 with eager attention and a
growing cache, token by token from Python, and (b) ours: SDPA, keys and values of fixed shape
(engine.families.decoding.static_cache, `static_cache = true`) and the step recorded as a CUDA
graph, with the kernels unchanged or first fused by torch.compile. (a) omits the overhead of
`generate`, so the ratio is not flattered.

Random weights give no information about answers. If the machine cannot run a case, its row has
`left_out` with the reason; no row is missing. bench/gpu_schema.json describes the rows.

    python -m bench.gpu --out rows.jsonl
    python -m bench.gpu --models qwen2_vl_2b --precisions bfloat16 --no-disk
    python -m bench.gpu --dry-run      # tiny sizes on the CPU, to check the script itself
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from bench.gpu_rows import DRY_PAGE, PAGE, Row, empty_row
from bench.real_configs import REAL
from engine.core.errors import EngineError

PRECISIONS = ("float16", "bfloat16", "int8", "int4")
# How (b) runs a step. "static" is the step without a graph, the only way on a CPU.
DECODERS = ("graph", "compiled_graph", "reduce_overhead")
_ROUNDS = 3
# Possible failures of a model, a kernel or a release of transformers; the row reports them.
_FAILURES = (RuntimeError, ValueError, TypeError, AttributeError, OSError, EngineError)


def main() -> int:
    """Run each model in its own process: a device fault then spoils no other model's figures."""
    options = _arguments().parse_args()
    if options.worker:
        for row in run_model(options.models[0], options):
            print(json.dumps(asdict(row)), flush=True)
        return 0
    failed = 0
    for name in options.models:
        command = [sys.executable, "-m", "bench.gpu", "--worker", "--models", name]
        command += ["--precisions", *options.precisions, "--decoders", *options.decoders]
        command += ["--tokens", str(options.tokens)]
        command += ["--dry-run"] * options.dry_run + ["--no-disk"] * options.no_disk
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        rows = [line for line in done.stdout.splitlines() if line.startswith('{"model"')]
        if done.returncode:
            failed += 1
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            row = replace(empty_row(name, "usual", "float16", options), left_out=f"died: {last}")
            rows.append(json.dumps(asdict(row)))
        for text in rows:
            if options.out:
                with options.out.open("a", encoding="utf-8") as file:
                    file.write(text + "\n")
            else:
                print(text, flush=True)
    return 1 if failed else 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", nargs="+", choices=REAL, default=list(REAL))
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=list(PRECISIONS))
    parser.add_argument("--decoders", nargs="+", choices=DECODERS, default=list(DECODERS))
    parser.add_argument("--tokens", type=int, default=128, help="of the answer")
    parser.add_argument("--no-disk", action="store_true", help="measure no loading, int8 or int4")
    parser.add_argument("--dry-run", action="store_true", help="tiny sizes on the CPU")
    parser.add_argument("--out", type=Path, metavar="FILE", help="rows are added here, not printed")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser


def run_model(name: str, options: argparse.Namespace) -> Iterator[Row]:
    """Every row of one model, in this process."""
    import torch

    if not options.dry_run and not torch.cuda.is_available():
        yield replace(empty_row(name, "usual", "float16", options), left_out="no CUDA GPU here")
        return
    bandwidth = copy_bandwidth(_device(options))
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory) / "checkpoint"
        for precision in options.precisions:
            variants = [("usual", "eager")] if precision == "float16" else []
            names = ["static"] if options.dry_run else options.decoders
            variants += [(variant, "sdpa") for variant in names]
            made = _made(name, precision, folder, options)
            if isinstance(made, str):
                for variant, attention in variants:
                    row = empty_row(name, variant, precision, options, attention)
                    yield replace(row, left_out=made)
                continue
            yield from _measured(made, name, precision, variants, bandwidth, options)
            del made
            gc.collect()
            if not options.dry_run:
                torch.cuda.empty_cache()


@dataclass(slots=True)
class _Made:
    model: Any
    build_seconds: float | None
    load_seconds: float | None


def _made(name: str, precision: str, folder: Path, options: argparse.Namespace) -> _Made | str:
    """The model at a precision, or why there is none."""
    import torch

    from bench import gpu_models

    device = _device(options)
    quantised = precision.startswith("int")
    if quantised and options.no_disk:
        return "quantised when loaded from disk, which --no-disk leaves out"
    dtype = torch.bfloat16 if quantised else getattr(torch, precision)
    try:
        resolved = gpu_models.resolve(gpu_models.MODELS[name].model_class)
        if quantised:
            import bitsandbytes  # noqa: F401  # transformers needs it for int8 and int4
    except ImportError as error:
        return f"not importable here: {error}"
    build_seconds = None
    model: Any = None
    try:
        if not quantised or not folder.exists():
            began = time.perf_counter()
            model = gpu_models.build(
                name, tiny=options.dry_run, dtype=dtype, attention="sdpa", device=device
            )
            _wait(device)
            build_seconds = time.perf_counter() - began
        if options.no_disk:
            return _Made(model, build_seconds, None)
        if model is not None:
            model.save_pretrained(folder)
        began = time.perf_counter()
        loaded = resolved.from_pretrained(
            folder,
            dtype=dtype,
            attn_implementation=gpu_models.attention_of(name, "sdpa"),
            device_map={"": 0 if device == "cuda" else "cpu"},
            **gpu_models.quantization(name, precision),
        )
        _wait(device)
    except _FAILURES as error:
        if model is None or quantised:
            return f"cannot be built or loaded: {_first_line(error)}"
        # Some classes load only published files, not those that they have saved.
        return _Made(model, build_seconds, None)
    return _Made(loaded.eval().requires_grad_(False), build_seconds, time.perf_counter() - began)


def _measured(
    made: _Made,
    name: str,
    precision: str,
    variants: list[tuple[str, str]],
    bandwidth: float,
    options: argparse.Namespace,
) -> Iterator[Row]:
    """A row per variant; the others are compared with (a)'s tokens."""
    import torch

    from bench import gpu_models, gpu_runs

    model, device = made.model, _device(options)
    one, size = gpu_models.MODELS[name], DRY_PAGE if options.dry_run else PAGE
    usual: list[int] = []
    with torch.inference_mode():
        for variant, attention in variants:
            row = empty_row(name, variant, precision, options, attention)
            try:
                model.set_attn_implementation(gpu_models.attention_of(name, attention))
                page = one.page(model, size)
                vision = median_seconds(partial(one.encode, model, page.image), device)
                run = gpu_runs.answer(model, page, variant, options.tokens, device)
            except _FAILURES as error:
                yield replace(row, left_out=_first_line(error))
                continue
            usual = run.ids if variant == "usual" else usual
            same = None
            if usual:
                same = sum(a == b for a, b in zip(usual, run.ids, strict=True)) / len(usual)
            weights, read = gpu_runs.weight_bytes(model), gpu_runs.bytes_per_token(model)
            rate = (len(run.ids) - 1) / run.decode_seconds
            yield replace(
                row,
                prompt_tokens=page.ids.shape[1],
                build_seconds=made.build_seconds,
                load_seconds=made.load_seconds,
                vision_seconds=vision,
                ttft_seconds=run.ttft_seconds,
                prepare_seconds=run.prepare_seconds,
                tokens=len(run.ids),
                tokens_per_second=rate,
                same_tokens=same,
                weights_bytes=weights,
                weights_bytes_per_token=read,
                copy_bytes_per_second=bandwidth,
                bandwidth_share=read * rate / bandwidth,
                peak_memory_bytes=run.peak_bytes,
                peak_over_weights=run.peak_bytes / weights if run.peak_bytes else None,
            )


def median_seconds(work: Callable[[], Any], device: str) -> float:
    """The median of a few runs without the first, in which kernels are chosen."""
    times = []
    for _ in range(_ROUNDS + 1):
        _wait(device)
        began = time.perf_counter()
        work()
        _wait(device)
        times.append(time.perf_counter() - began)
    return sorted(times[1:])[_ROUNDS // 2]


def copy_bandwidth(device: str) -> float:
    """Bytes read and written per second while one large tensor is copied into another."""
    import torch

    elements = 2**29 if device == "cuda" else 2**24
    source = torch.ones(elements, dtype=torch.float32, device=device)
    target = torch.empty_like(source)
    seconds = median_seconds(lambda: target.copy_(source), device)
    return 2 * 4 * elements / seconds


def _wait(device: str) -> None:
    if device == "cuda":
        import torch

        torch.cuda.synchronize()


def _device(options: argparse.Namespace) -> str:
    return "cpu" if options.dry_run else "cuda"


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"[:300]


if __name__ == "__main__":
    raise SystemExit(main())
