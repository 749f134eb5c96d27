"""The repositories of the hub that the tiny checkpoints stand for, as their makers publish them.

`publish` lays beside a tiny checkpoint what the published one has beside its weights: its
generation_config.json, its processor's settings under the published names, .gitattributes, a
README, pictures and code of the hub. A download leaves some of it out, and nothing may miss it.

Values are the published ones. Only two things are translated: token ids are written as the tokens
that they stand for, which have other ids in a tiny vocabulary, and sizes that depend on a tiny
tower are those of the tower. Where a file could not be read, the comment says what is known.

Read on huggingface.co's copies, each at the commit that is named:
- Qwen2-VL-2B: mrpid12org/imageworks, models/Qwen2-VL-2B-Instruct/generation_config.json (229b947).
- Qwen2.5-VL-3B: zhanggaojian/Qwen2.5-VL-3B-LLMQ_Samples, models/Qwen2.5-VL-3B-Instruct (f119d33).
- Granite-Docling: the whole repository in pgadet-wq/granite-docling-258M (587b823).
- GLM-OCR: generation_config.json as several quote it; see tiny_glm_ocr.py for the processor.
- PaddleOCR-VL: generation_config.json of huggingface.co/PaddlePaddle/PaddleOCR-VL, refs/pr/90.
- dots.ocr: ids and max_length as the header of hipfire-models/hipfire-dots.ocr repeats them.
- Phi-3.5-vision: see phi3_vision/published.py.
- SmolVLM: the processor's two files as public tests repeat them; its own generation_config.json
  could not be read, only that answers end with <end_of_utterance> (49279).
- Qwen3-VL: preprocessor_config.json as public tests repeat it; sampling as the model card has it.
- GOT-OCR 2.0 and DeepSeek-OCR: generation_config.json could not be read. They are left as they
  are: one that samples.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from tests.families.phi3_vision.published import SMALL_FILES as PHI_FILES
from tests.families.tiny_smolvlm import TILE, TILE_TOKENS

# The beginning of what the hub writes into every repository.
GITATTRIBUTES = """\
*.7z filter=lfs diff=lfs merge=lfs -text
*.bin filter=lfs diff=lfs merge=lfs -text
*.safetensors filter=lfs diff=lfs merge=lfs -text
*.png filter=lfs diff=lfs merge=lfs -text
"""
# An image of one pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63f80f0001010100bd7d1d2b0000000049454e44ae426082"
)
# Nothing of a repository may run.
CODE = b'raise SystemExit("code of the hub ran")\n'
CLIP = {
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}
HALVES = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
QWEN_ENDS = {
    "bos_token_id": "<|endoftext|>",
    "pad_token_id": "<|endoftext|>",
    "do_sample": True,
    "eos_token_id": ["<|im_end|>", "<|endoftext|>"],
}
QWEN_IMAGES = {
    "min_pixels": 3136,
    "max_pixels": 12845056,
    "patch_size": 14,
    "temporal_patch_size": 2,
    "merge_size": 2,
    **CLIP,
}
IDEFICS_IMAGES = {
    "do_convert_rgb": True,
    "do_image_splitting": True,
    "do_normalize": True,
    "do_pad": True,
    "do_rescale": True,
    "do_resize": True,
    **HALVES,
    "image_processor_type": "Idefics3ImageProcessor",
    "max_image_size": {"longest_edge": TILE},  # 512 published
    "processor_class": "Idefics3Processor",
    "resample": 1,
    "rescale_factor": 0.00392156862745098,
    "size": {"longest_edge": 4 * TILE},  # 2048 published
}
IDEFICS_PROCESSOR = {"image_seq_len": TILE_TOKENS, "processor_class": "Idefics3Processor"}


@dataclass(frozen=True)
class Repository:
    """What lies beside the weights.

    Attributes:
        repo_id: whose it is.
        generation: generation_config.json, tokens for ids; None leaves the tiny one.
        settings: the processor's files, by name; {} leaves the tiny ones.
        template: the file that the chat template stands in.
        beside: paths of pictures and code.
    """

    repo_id: str
    generation: Mapping[str, Any] | None = None
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    template: str = "chat_template.jinja"
    beside: tuple[str, ...] = ()


def _qwen(images: Mapping[str, Any], processor: str) -> dict[str, Mapping[str, Any]]:
    """One file, as published before transformers 5: it serves pictures and videos."""
    return {"preprocessor_config.json": {**images, "processor_class": processor}}


REPOSITORIES = {
    "deepseek_ocr": Repository(
        "deepseek-ai/DeepSeek-OCR",
        beside=(
            "assets/fig1.png",
            "configuration_deepseek_v2.py",
            "conversation.py",
            "deepencoder.py",
            "modeling_deepseekocr.py",
            "modeling_deepseekv2.py",
        ),
    ),
    "deepseek_ocr2": Repository("deepseek-community/DeepSeek-OCR-2"),
    "qwen2_vl": Repository(
        "Qwen/Qwen2-VL-2B-Instruct",
        generation={
            **QWEN_ENDS,
            "repetition_penalty": 1.0,
            "temperature": 0.01,
            "top_p": 0.001,
            "top_k": 1,
            "transformers_version": "4.37.0",
        },
        settings=_qwen(
            {**QWEN_IMAGES, "image_processor_type": "Qwen2VLImageProcessor"}, "Qwen2VLProcessor"
        ),
        template="chat_template.json",
    ),
    "qwen2_5_vl": Repository(
        "Qwen/Qwen2.5-VL-3B-Instruct",
        generation={
            **QWEN_ENDS,
            "repetition_penalty": 1.05,
            "temperature": 0.000001,
            "transformers_version": "4.49.0",
        },
        settings=_qwen(
            {**QWEN_IMAGES, "image_processor_type": "Qwen2VLImageProcessor"}, "Qwen2_5_VLProcessor"
        ),
        template="chat_template.json",
    ),
    "qwen3_vl": Repository(
        "Qwen/Qwen3-VL-2B-Instruct",
        generation={**QWEN_ENDS, "temperature": 0.7, "top_p": 0.8, "top_k": 20},
        settings=_qwen(
            {
                "size": {"longest_edge": 16777216, "shortest_edge": 65536},
                "patch_size": 16,
                "temporal_patch_size": 2,
                "merge_size": 2,
                **HALVES,
                "image_processor_type": "Qwen2VLImageProcessorFast",
            },
            "Qwen3VLProcessor",
        ),
        template="chat_template.json",
    ),
    "dots_ocr": Repository(
        "rednote-hilab/dots.ocr",
        generation={"eos_token_id": ["<|endoftext|>", "<|endofassistant|>"], "max_length": 32768},
        template="chat_template.json",
        beside=(
            "configuration_dots.py",
            "modeling_dots_ocr.py",
            "modeling_dots_ocr_vllm.py",
            "modeling_dots_vision.py",
        ),
    ),
    "glm_ocr": Repository(
        "zai-org/GLM-OCR",
        generation={
            "do_sample": False,
            "eos_token_id": ["<|endoftext|>", "<|user|>"],
            "pad_token_id": "<|endoftext|>",
        },
    ),
    "got_ocr": Repository("stepfun-ai/GOT-OCR-2.0-hf"),
    "granite_docling": Repository(
        "ibm-granite/granite-docling-258M",
        generation={
            "_from_model_config": True,
            "bos_token_id": "<|start_of_role|>",
            "eos_token_id": "<|end_of_text|>",
            "pad_token_id": "<|end_of_text|>",
            "transformers_version": "4.56.1",
            "use_cache": False,
        },
        settings={
            "preprocessor_config.json": IDEFICS_IMAGES,
            "processor_config.json": IDEFICS_PROCESSOR,
        },
        beside=("granite_docling.png", "assets/granite_docling_split_page.png"),
    ),
    "paddleocr_vl": Repository(
        "PaddlePaddle/PaddleOCR-VL",
        generation={
            "_from_model_config": True,
            "eos_token_id": "</s>",
            "pad_token_id": "<unk>",
            "transformers_version": "4.55.0",
            "use_cache": False,
        },
        settings={
            "preprocessor_config.json": {
                "do_convert_rgb": True,
                "do_normalize": True,
                "do_rescale": True,
                "do_resize": True,
                **HALVES,
                "image_processor_type": "PaddleOCRVLImageProcessor",
                "max_pixels": 2822400,
                "merge_size": 2,
                "min_pixels": 147384,
                "patch_size": 14,
                "processor_class": "PaddleOCRVLProcessor",
                "resample": 3,
                "rescale_factor": 0.00392156862745098,
                "temporal_patch_size": 1,
            }
        },
        beside=(
            "configuration_paddleocr_vl.py",
            "image_processing.py",
            "modeling_paddleocr_vl.py",
            "processing_paddleocr_vl.py",
            "PP-DocLayoutV2/inference.pdmodel",
        ),
    ),
    "phi3_vision": Repository(
        "microsoft/Phi-3.5-vision-instruct",
        generation={
            "_from_model_config": True,
            "bos_token_id": "<s>",
            "eos_token_id": "</s>",
            "pad_token_id": "<|endoftext|>",
            "transformers_version": "4.38.1",
        },
        settings={name: PHI_FILES[name] for name in PHI_FILES if name != "tokenizer_config.json"},
        beside=("configuration_phi3_v.py", "modeling_phi3_v.py", "processing_phi3_v.py"),
    ),
    "smolvlm": Repository(
        "HuggingFaceTB/SmolVLM-500M-Instruct",
        generation={"_from_model_config": True, "eos_token_id": "<end_of_utterance>"},
        settings={
            "preprocessor_config.json": IDEFICS_IMAGES,
            "processor_config.json": IDEFICS_PROCESSOR,
        },
        template="chat_template.json",
        beside=("onnx/decoder_model_merged.onnx",),
    ),
}


def publish(name: str, folder: Path) -> Path:
    """Make a tiny checkpoint's folder what a clone of the published repository is."""
    repository = REPOSITORIES[name]
    vocabulary = Tokenizer.from_file(str(folder / "tokenizer.json"))
    files: dict[str, Mapping[str, Any]] = dict(repository.settings)
    if repository.settings:
        for written in ("processor_config.json", "preprocessor_config.json"):
            (folder / written).unlink(missing_ok=True)
    if repository.generation is not None:
        files["generation_config.json"] = {
            key: _ids(vocabulary, value) if key.endswith("_token_id") else value
            for key, value in repository.generation.items()
        }
    template = folder / "chat_template.jinja"
    if repository.template.endswith(".json") and template.is_file():
        files[repository.template] = {"chat_template": template.read_text(encoding="utf-8")}
        template.unlink()
    for path, content in files.items():
        (folder / path).write_text(json.dumps(content, indent=2), encoding="utf-8")
    (folder / ".gitattributes").write_text(GITATTRIBUTES, encoding="utf-8")
    (folder / "README.md").write_text(f"# {repository.repo_id}\n", encoding="utf-8")
    for path in repository.beside:
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(CODE if path.endswith(".py") else PNG)
    return folder


def _ids(vocabulary: Tokenizer, tokens: str | list[str]) -> int | list[int]:
    if isinstance(tokens, list):
        return [vocabulary.token_to_id(token) for token in tokens]
    return int(vocabulary.token_to_id(tokens))
