"""Lazily mapped tensors of safetensors files, which take memory only while they are used.

transformers maps a whole file and keeps it mapped, so a checkpoint whose experts are merged on
loading is in memory twice. Here each tensor has its own mapping with its own lifetime: memory of
merged or cast tensors is freed at once, and unchanged tensors stay backed by the file.

This module only reads files. The families use the tensors.
"""

import json
import mmap
import os
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import torch
from huggingface_hub import snapshot_download
from safetensors import SafetensorError, safe_open
from transformers import GenerationConfig

from engine.families.weights.hub import WANTED

INDEX: Final = "model.safetensors.index.json"
SINGLE: Final = "model.safetensors"
# Arguments of from_pretrained that say where a checkpoint comes from.
DOWNLOAD_OPTIONS: Final = ("revision", "cache_dir", "local_files_only", "token", "force_download")
_GENERATION: Final = "generation_config.json"
# Environment variable of transformers that makes it load tensors one after the other.
_SEQUENTIAL: Final = "HF_DEACTIVATE_ASYNC_LOAD"
_ENVIRONMENT = threading.Lock()
# Names of the safetensors format, https://huggingface.co/docs/safetensors.
_DTYPES: Final = {
    "BOOL": torch.bool,
    "U8": torch.uint8,
    "I8": torch.int8,
    "I16": torch.int16,
    "I32": torch.int32,
    "I64": torch.int64,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F32": torch.float32,
    "F64": torch.float64,
}


class StoredTensor:
    """One tensor of a file; `tensor[...]` maps it. transformers loads it like a safetensors slice.

    Attributes:
        name: published name.
        shape: shape of the tensor.
        dtype: dtype in the file.
        start: byte offset in the file.
    """

    def __init__(self, path: Path, name: str, shape: list[int], stored: str, start: int) -> None:
        self._path = path
        self._stored = stored
        self.name = name
        self.shape = torch.Size(shape)
        self.dtype = _DTYPES[stored]
        self.start = start

    def __getitem__(self, index: Any) -> torch.Tensor:
        count = self.shape.numel()
        if not count:
            return torch.empty(self.shape, dtype=self.dtype)[index]
        page_start = self.start - self.start % mmap.ALLOCATIONGRANULARITY
        offset = self.start - page_start
        with self._path.open("rb") as file:
            mapped = mmap.mmap(
                file.fileno(),
                offset + count * self.dtype.itemsize,
                # Copy-on-write: the file never changes.
                access=mmap.ACCESS_COPY,
                offset=page_start,
            )
        flat = torch.frombuffer(mapped, dtype=self.dtype, count=count, offset=offset)
        return flat.view(self.shape)[index]

    def get_shape(self) -> list[int]:
        return list(self.shape)

    def get_dtype(self) -> str:
        return self._stored

    def is_floating_point(self) -> bool:
        return self.dtype.is_floating_point


class StackedTensors:
    """A stack (n, rows, columns) of n groups of tensors; a group is concatenated along rows.

    Only the result takes memory: parts are mapped and copied one by one.
    """

    def __init__(self, groups: Sequence[Sequence[StoredTensor]]) -> None:
        self._groups = groups
        first = groups[0]
        rows = sum(part.shape[0] for part in first)
        self.shape = torch.Size((len(groups), rows, *first[0].shape[1:]))
        self.dtype = first[0].dtype

    def __getitem__(self, index: Any) -> torch.Tensor:
        stacked = torch.empty(self.shape, dtype=self.dtype)
        for place, group in zip(stacked, self._groups, strict=True):
            row = 0
            for part in group:
                place[row : row + part.shape[0]].copy_(part[...])
                row += part.shape[0]
        return stacked[index]

    def get_shape(self) -> list[int]:
        return list(self.shape)

    def get_dtype(self) -> str:
        return self._groups[0][0].get_dtype()

    def is_floating_point(self) -> bool:
        return self.dtype.is_floating_point


def read_checkpoint(folder: Path) -> dict[str, StoredTensor]:
    """Return every tensor of a folder's safetensors files by name. Reads headers only.

    Raises:
        FileNotFoundError: there is no safetensors checkpoint, or one of its files is missing.
        SafetensorError: a file is damaged.
    """
    tensors: dict[str, StoredTensor] = {}
    for path in _files(folder):
        # Opening checks the header, the offsets and the file's length.
        with safe_open(path, framework="pt"):
            pass
        with path.open("rb") as file:
            (header_bytes,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(header_bytes))
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            if entry["dtype"] not in _DTYPES:
                raise SafetensorError(f"{path.name}: dtype {entry['dtype']} of {name} is not known")
            start = 8 + header_bytes + entry["data_offsets"][0]
            tensors[name] = StoredTensor(path, name, entry["shape"], entry["dtype"], start)
    return tensors


def checkpoint_folder(name: Any, options: dict[str, Any]) -> Path:
    """Return a local folder, or the repository's snapshot in the hub cache (downloaded if needed).

    Args:
        name: a local folder or a hub repository.
        options: keyword arguments of from_pretrained; DOWNLOAD_OPTIONS are removed from them.
    """
    download = {key: options.pop(key) for key in DOWNLOAD_OPTIONS if key in options}
    folder = Path(name)
    if folder.is_dir():
        return folder
    return Path(snapshot_download(str(name), allow_patterns=list(WANTED), **download))


def as_loaded_from(name: Any, folder: Path, model: Any) -> None:
    """Set name_or_path and generation_config, which from_pretrained omits with a state_dict.

    Args:
        name: the first argument of from_pretrained.
        folder: folder of the checkpoint.
    """
    model.config.name_or_path = str(name)
    if (folder / _GENERATION).is_file():
        model.generation_config = GenerationConfig.from_pretrained(folder)


@contextmanager
def one_tensor_at_a_time() -> Iterator[None]:
    """Make transformers load tensors one after the other.

    Its loading threads would read ahead, and all tensors would be in memory before they are cast
    or sent to the GPU.
    """
    with _ENVIRONMENT:
        before = os.environ.get(_SEQUENTIAL)
        os.environ[_SEQUENTIAL] = "1"
        try:
            yield
        finally:
            if before is None:
                del os.environ[_SEQUENTIAL]
            else:
                os.environ[_SEQUENTIAL] = before


def _files(folder: Path) -> list[Path]:
    index = folder / INDEX
    if not index.is_file():
        return [folder / SINGLE]
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        # Only the file name: an index may refer to files in its own folder only.
        return sorted(folder / Path(name).name for name in names)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise SafetensorError(f"{INDEX} is not an index of safetensors files") from error
