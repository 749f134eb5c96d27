"""Peak memory and time of the dots.ocr vision tower, image by image and with the dense mask.

The published SDPA branch builds a block-diagonal mask over all patches of a request. Ours attends
image by image without one. Each variant runs in its own process, so that its peak is its own.
Weights are random: memory and time do not depend on them.

Does not measure answers, nor any part of the language model.
Try: `python -m bench.dots_vision --patches 11000 --images 1 --width 384 --blocks 2`
On a GPU, the published size: `python -m bench.dots_vision --device cuda --dtype bfloat16
--width 1536 --blocks 42`
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

HEAD_WIDTH = 128  # the published head's
VARIANTS = ("by image", "dense mask", "eager by image")


def use_dense_mask(tower: Any) -> None:
    """Make every block of a DotsVisionTower attend as the published SDPA branch does."""
    import torch
    from torch import Tensor
    from torch.nn import functional

    from engine.families.dots_ocr.vision import rotate

    def attend_densely(self: Any) -> Any:
        def forward(x: Tensor, cu_seqlens: Sequence[int], cos: Tensor, sin: Tensor) -> Tensor:
            patches = x.shape[0]
            query, key, value = self.qkv(x).view(patches, 3, self.num_heads, -1).unbind(1)
            query, key = rotate(query, cos, sin), rotate(key, cos, sin)
            mask = torch.zeros(patches, patches, dtype=torch.bool, device=x.device)
            for index in range(1, len(cu_seqlens)):
                image = slice(cu_seqlens[index - 1], cu_seqlens[index])
                mask[image, image] = True
            q, k, v = (part.transpose(0, 1)[None] for part in (query, key, value))
            out = functional.scaled_dot_product_attention(
                q, k, v, attn_mask=mask[None], scale=self.scaling
            )
            projected: Tensor = self.proj(out[0].transpose(0, 1).reshape(patches, -1))
            return projected

        return forward

    for block in tower.blocks:
        block.attn.forward = attend_densely(block.attn)


def measure(options: argparse.Namespace, variant: str) -> dict[str, float | str | int]:
    """Run one variant in this process.

    Returns:
        peak_bytes: memory of the forward pass beyond weights and inputs; seconds: of one pass.
    """
    import torch

    from engine.families.dots_ocr import DotsVisionConfig, DotsVisionTower

    if options.threads:
        torch.set_num_threads(options.threads)
    config = DotsVisionConfig(
        embed_dim=options.width,
        hidden_size=options.width,
        intermediate_size=options.width * 11 // 4,  # 4,224 at the published width
        num_hidden_layers=options.blocks,
        num_attention_heads=options.width // HEAD_WIDTH,
    )
    config._attn_implementation = "eager" if variant.startswith("eager") else "sdpa"
    device = torch.device(options.device)
    dtype = getattr(torch, options.dtype)
    # Pages with about the proportions of A4, in whole 2 x 2 blocks.
    rows = 2 * round(math.sqrt(options.patches / options.images * 1.414) / 2)
    columns = 2 * math.ceil(options.patches / options.images / rows / 2)
    grid = torch.tensor([[1, rows, columns]] * options.images, device=device)
    patches = rows * columns * options.images
    with torch.device(device):
        tower = DotsVisionTower(config).to(dtype).eval()
        pixels = torch.rand(patches, 588, dtype=dtype)
    if variant == "dense mask":
        use_dense_mask(tower)
    with torch.inference_mode():
        small = torch.tensor([[1, 2, 2]], device=device)
        tower(pixels[:4], small)  # libraries and kernels load here, not in the measurement
        before = _peak(device)
        started = time.perf_counter()
        tower(pixels, grid)
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds = time.perf_counter() - started
    return {
        "variant": variant,
        "patches": patches,
        "peak_bytes": _peak(device) - before,
        "seconds": seconds,
    }


def _peak(device: Any) -> int:
    """Peak memory of this process so far: on the GPU, allocated; else resident."""
    import torch

    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated())
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--patches", type=int, default=11_000, help="of all images together")
    parser.add_argument("--images", type=int, default=1)
    parser.add_argument("--width", type=int, default=384, help="a multiple of 128; published 1536")
    parser.add_argument("--blocks", type=int, default=2, help="published 42")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--threads", type=int, default=0, help="0: torch's own choice")
    parser.add_argument("--variant", choices=VARIANTS, help="only this one, in this process")
    options = parser.parse_args()
    if options.variant:
        print(json.dumps(measure(options, options.variant)))
        return
    for variant in VARIANTS:
        command = [sys.executable, "-m", "bench.dots_vision", *sys.argv[1:], "--variant", variant]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{variant:16} failed: {done.stderr.strip().splitlines()[-1:]}")
            continue
        found = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{variant:16} {found['patches']} patches in {options.images} image(s): "
            f"peak {found['peak_bytes'] / 2**20:.0f} MiB, {found['seconds']:.1f} s"
        )


if __name__ == "__main__":
    main()
