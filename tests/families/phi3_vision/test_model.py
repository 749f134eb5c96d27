"""Loading from published files and generation: caches, turns, quantisation, precision."""

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from transformers import (
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoProcessor,
    BitsAndBytesConfig,
    DynamicCache,
    StaticCache,
)

from engine.families.phi3_vision import Phi3VConfig, Phi3VForCausalLM
from tests.families.phi3_vision.published import TINY_FOLDER, write_folder

BLACK = Image.new("RGB", (40, 40), "black")
STRIPES = Image.linear_gradient("L").resize((90, 30)).convert("RGB")
LIMIT = 512  # original_max_position_embeddings of the tiny checkpoint


def generate(model: Any, inputs: dict[str, Any], new: int = 8, **options: Any) -> torch.Tensor:
    """The new ids, greedily, (new,)."""
    chosen = model.generate(**inputs, max_new_tokens=new, do_sample=False, **options)
    ids: torch.Tensor = chosen[0, inputs["input_ids"].shape[1] :]
    return ids


@pytest.fixture(scope="module")
def processor(published_folder: Path) -> Any:
    return AutoProcessor.from_pretrained(published_folder)


@pytest.fixture
def one_page(processor: Any) -> dict[str, Any]:
    """A question about one page: 330 ids."""
    text = "<|user|>\n<|image_1|>\nhow?<|end|>\n<|assistant|>\n"
    return dict(processor(text=text, images=[STRIPES], num_crops=1, return_tensors="pt"))


def next_turn(processor: Any, inputs: dict, answer: torch.Tensor, image: Any, text: str) -> dict:
    """Ids of the whole conversation with one more question, and the images of all of it."""
    images = {"images": [image]} if image else {}
    seen = len(inputs["image_sizes"])
    made = processor(
        text=f"<|end|>\n<|user|>\n{f'<|image_{seen + 1}|>' if image else ''}\n{text}"
        "<|end|>\n<|assistant|>\n",
        **images,
        num_crops=1,
        first_image=seen + 1,
        continues=True,
        return_tensors="pt",
    )
    ids = torch.cat([inputs["input_ids"], answer[None], made["input_ids"]], dim=1)
    whole = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    for name in ("pixel_values", "image_sizes"):
        new = [made[name]] if image else []
        whole[name] = torch.cat([inputs[name], *new])
    return whole


def test_published_folder_loads_in_shards_without_running_code(tmp_path):
    folder = write_folder(tmp_path, shards=3)
    model, info = AutoModelForImageTextToText.from_pretrained(folder, output_loading_info=True)
    assert type(model) is Phi3VForCausalLM
    assert not info["missing_keys"] and not info["unexpected_keys"]
    one = AutoModelForImageTextToText.from_pretrained(TINY_FOLDER).state_dict()
    assert all(torch.equal(value, one[name]) for name, value in model.state_dict().items())
    assert model.generation_config.eos_token_id == 2
    # The name in the published auto_map.
    assert type(AutoModelForCausalLM.from_pretrained(folder)) is Phi3VForCausalLM


def test_saved_model_loads_again_by_the_published_names(load, tmp_path, one_page):
    load().save_pretrained(tmp_path, max_shard_size="300KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    again = AutoModelForImageTextToText.from_pretrained(tmp_path)
    assert list(again.state_dict()) == list(load().state_dict())
    assert again.config.vision_config.num_hidden_layers == 3
    with torch.no_grad():
        assert torch.equal(again(**one_page).logits, load()(**one_page).logits)


@pytest.mark.parametrize("key", ["hd_transform_order", "projection_cls"])
def test_other_ways_of_embedding_are_refused(key):
    with pytest.raises(ValueError, match=key):
        Phi3VConfig(embd_layer={key: "other"})


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("cache", ["dynamic", "static"])
def test_cached_equals_uncached_also_past_the_rope_limit(load, one_page, attention, cache):
    """From 502 ids, 20 new ones: the answer passes 512, where all is computed again once."""
    model, prompt = load(attention), near_limit(one_page)
    start = prompt["input_ids"].shape[1]
    with count_runs(model) as runs:
        new = generate(model, prompt, new=20, cache_implementation=cache)
    assert runs == {"crops": 4, "tokens": start + (LIMIT - start) + (LIMIT + 1) + 8}
    whole = torch.cat([prompt["input_ids"], new[None, :-1]], dim=1)
    images = {name: prompt[name] for name in ("pixel_values", "image_sizes")}
    with torch.no_grad():
        short = model(whole[:, :LIMIT], **images).logits[0, start - 1 :].argmax(-1)
        long = model(whole, **images).logits[0, LIMIT:].argmax(-1)
    assert torch.equal(new, torch.cat([short, long]))


@pytest.mark.parametrize("given", ["all images", "new images"])
@pytest.mark.parametrize("static", [False, True])
def test_second_turn_with_a_new_image_reuses_the_cache(load, processor, static, given):
    """300 ids of the first page come from the cache; the limit is moved out of the way."""
    model = copy.deepcopy(load())
    model.config.original_max_position_embeddings = 4096
    model.config.rope_parameters["original_max_position_embeddings"] = 4096
    text = "<|user|>\n<|image_1|>\nhow?<|end|>\n<|assistant|>\n"
    first = dict(processor(text=text, images=[STRIPES], num_crops=1, return_tensors="pt"))
    cache: Any = StaticCache(model.config, max_cache_len=900) if static else DynamicCache()
    answer = generate(model, first, past_key_values=cache)
    second = next_turn(processor, first, answer, BLACK, "why?")
    fresh = generate(model, second)
    asked = dict(second)
    if given == "new images":
        asked |= {name: second[name][1:] for name in ("pixel_values", "image_sizes")}
    with count_runs(model) as runs:
        assert torch.equal(generate(model, asked, past_key_values=cache), fresh)
    assert runs["crops"] == 2, "only the new page's two crops are looked at"
    assert runs["tokens"] < 350


def test_second_turn_past_the_rope_limit_is_computed_again(load, processor, one_page):
    for kind in ("dynamic", "static"):
        model = load()
        cache: Any = DynamicCache() if kind == "dynamic" else StaticCache(model.config, 900)
        answer = generate(model, one_page, past_key_values=cache)
        second = next_turn(processor, one_page, answer, BLACK, "why?")
        assert second["input_ids"].shape[1] > LIMIT
        only_new = second | {name: second[name][1:] for name in ("pixel_values", "image_sizes")}
        with pytest.raises(ValueError, match="whole conversation"):
            generate(model, only_new, past_key_values=copy.deepcopy(cache))
        answer = generate(model, second, past_key_values=cache)
        assert torch.equal(answer, generate(model, second))
        # The caller's cache now holds the long keys, and the third turn goes on from them.
        third = next_turn(processor, second, answer, None, "who?")
        fresh = generate(model, third)
        held = int(cache.get_seq_length())
        assert held > LIMIT
        with count_runs(model) as runs:
            assert torch.equal(generate(model, third, past_key_values=cache), fresh)
        assert runs["crops"] == 0 and runs["tokens"] < 60


def test_cache_cut_back_below_the_rope_limit_is_computed_again(load, one_page):
    """Keys of a long conversation, cut to a short one (a question asked again), are dropped."""
    prompt, cache = near_limit(one_page), DynamicCache()
    generate(load(), prompt, new=14, past_key_values=cache)
    assert cache.get_seq_length() > LIMIT
    cache.crop(-(cache.get_seq_length() - 340))
    ids = torch.cat([prompt["input_ids"][:, :340], torch.tensor([[5, 6, 5, 8]])], dim=1)
    again = {**prompt, "input_ids": ids, "attention_mask": torch.ones_like(ids)}
    assert torch.equal(generate(load(), again, past_key_values=cache), generate(load(), again))


def test_only_new_ids_past_the_rope_limit_are_refused(load):
    ids = torch.full((1, LIMIT - 1), 7)
    cache = DynamicCache()
    with torch.no_grad():
        load()(ids, past_key_values=cache, use_cache=True)
    more = torch.tensor([[5, 6, 7]])
    mask = torch.ones(1, ids.shape[1] + 3, dtype=torch.long)
    with pytest.raises(ValueError, match="ids of the whole conversation"):
        load().generate(more, attention_mask=mask, past_key_values=cache, max_new_tokens=2)


def test_batch_padded_on_the_left_equals_single_prompts(load, processor):
    texts = [
        "<|user|>\n<|image_1|>\nhow?<|end|>\n<|assistant|>\n",
        "<|user|>\nwhy?<|end|>\n<|assistant|>\n",
        "<|user|>\n<|image_1|>\nwho, say?<|end|>\n<|assistant|>\n",
    ]
    pages = [[STRIPES], [], [BLACK]]
    options = {"num_crops": 1, "return_tensors": "pt"}
    batch = processor(text=texts, images=pages, **options)
    together = load().generate(**batch, max_new_tokens=8, do_sample=False)[:, -8:]
    for row, text, images in zip(together, texts, pages, strict=True):
        alone = dict(processor(text=text, images=images or None, **options))
        assert torch.equal(generate(load(), alone), row)


def test_beams_repeat_all_images_of_a_row_together(load, processor):
    texts = ["<|user|>\n<|image_1|><|image_2|>how?<|end|>\n<|assistant|>\n"]
    options = {"num_crops": 1, "return_tensors": "pt"}
    one = dict(processor(text=texts[0], images=[STRIPES, BLACK], **options))
    best = generate(load(), one, num_beams=2)
    scores = [
        score_of(load(), one, ids)
        for ids in (best, generate(load(), one))  # beams find what greedy finds, or better
    ]
    assert scores[0] >= scores[1] - 1e-4
    rows = load()._expand_inputs_for_generation(2, False, **one)[1]
    assert torch.equal(rows["pixel_values"], torch.cat([one["pixel_values"]] * 2))
    two = dict(processor(text=texts * 2, images=[STRIPES, BLACK, BLACK, STRIPES], **options))
    rows = load()._expand_inputs_for_generation(2, False, **two)[1]
    order = [0, 1, 0, 1, 2, 3, 2, 3]
    assert torch.equal(rows["pixel_values"], two["pixel_values"][order])


def test_penalties_do_not_index_with_image_positions(load, one_page):
    assert len(generate(load(), one_page, repetition_penalty=1.3, no_repeat_ngram_size=3)) == 8


def test_images_that_do_not_fit_the_ids_are_refused(load, one_page):
    text_only = {"input_ids": one_page["input_ids"]}
    with pytest.raises(ValueError, match="no pixel_values"):
        load()(**text_only)
    fewer = {**one_page, "input_ids": one_page["input_ids"][:, 20:]}
    fewer["attention_mask"] = one_page["attention_mask"][:, 20:]
    with pytest.raises(ValueError, match="image positions"):
        load()(**fewer)
    with pytest.raises(ValueError, match="image positions"):
        generate(load(), fewer)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_stays_near(load, one_page, dtype):
    model = AutoModelForImageTextToText.from_pretrained(TINY_FOLDER, dtype=dtype)
    assert {p.dtype for p in model.parameters()} == {dtype}
    with torch.no_grad():
        near, exact = (m(**one_page).logits[0].float() for m in (model, load()))
    assert torch.nn.functional.cosine_similarity(near, exact, dim=-1).mean() > 0.99
    assert len(generate(model, one_page)) == 8


@pytest.fixture(scope="module")
def wider_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with random weights whose widths are multiples of 64, as the published ones.

    bitsandbytes keeps 4-bit weights in blocks of 64 and refuses the parity checkpoint's 32 and 96
    on CPUs with AVX512.
    """
    tower = {"hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4}
    tower |= {"num_hidden_layers": 3, "image_size": 336, "patch_size": 14}
    content = json.loads((TINY_FOLDER / "config.json").read_text())
    content |= {"intermediate_size": 128, "fixture_clip_vision_config": tower}
    content["img_processor"] = {**content["img_processor"], "image_dim_out": 64}
    torch.manual_seed(5)
    model = Phi3VForCausalLM(Phi3VConfig(**content))
    for weight in model.parameters():
        if weight.ndim == 2:
            torch.nn.init.normal_(weight, std=weight.shape[1] ** -0.5)
    folder = tmp_path_factory.mktemp("wider")
    model.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.filterwarnings("ignore")  # int8 on the CPU says for every layer that it casts
def test_quantised_model_stays_near(wider_folder, one_page, bits):
    exact = AutoModelForImageTextToText.from_pretrained(wider_folder)
    model = AutoModelForImageTextToText.from_pretrained(
        wider_folder,
        quantization_config=BitsAndBytesConfig(load_in_8bit=bits == 8, load_in_4bit=bits == 4),
    )
    kinds = {type(part).__name__ for part in model.modules()}
    assert {8: "Linear8bitLt", 4: "Linear4bit"}[bits] in kinds
    with torch.no_grad():
        near, wanted = (m(**one_page).logits[0].float() for m in (model, exact))
    likeness = torch.nn.functional.cosine_similarity(near, wanted, dim=-1).mean()
    assert likeness > {8: 0.99, 4: 0.8}[bits]
    for cache in ("dynamic", "static"):
        assert len(generate(model, one_page, cache_implementation=cache, eos_token_id=None)) == 8


def test_device_map_auto_and_weights_on_disk(load, one_page, tmp_path):
    exact = generate(load(), one_page)
    options = {"device_map": "auto", "dtype": torch.float32}
    model = AutoModelForImageTextToText.from_pretrained(TINY_FOLDER, **options)
    assert torch.equal(generate(model, one_page), exact)
    text = ("embed_tokens", "layers", "norm", "rotary_emb")
    places = dict.fromkeys([f"model.{name}" for name in text] + ["lm_head"], "cpu")
    options |= {"device_map": {**places, "model.vision_embed_tokens": "disk"}}
    model = AutoModelForImageTextToText.from_pretrained(
        TINY_FOLDER, offload_folder=tmp_path, **options
    )
    assert next(model.model.vision_embed_tokens.parameters()).is_meta
    assert torch.equal(generate(model, one_page), exact)


def near_limit(one_page: dict[str, Any]) -> dict[str, Any]:
    """A question about one page that ends ten ids before the rope limit."""
    asked = one_page["input_ids"][:, :-2]
    ids = torch.cat([asked, torch.full((1, LIMIT - 10 - asked.shape[1]), 7)], dim=1)
    return {**one_page, "input_ids": ids, "attention_mask": torch.ones_like(ids)}


@contextmanager
def count_runs(model: Any) -> Iterator[dict[str, int]]:
    """Count the crops and tokens that a model computes."""
    runs = {"crops": 0, "tokens": 0}

    def saw_crops(module: Any, inputs: tuple[torch.Tensor, ...]) -> None:
        runs["crops"] += len(inputs[0])

    def saw_tokens(module: Any, inputs: tuple[torch.Tensor, ...]) -> None:
        runs["tokens"] += inputs[0].shape[1]

    tower = model.model.vision_embed_tokens.img_processor
    with (
        tower.register_forward_pre_hook(saw_crops),
        model.model.embed_tokens.register_forward_pre_hook(saw_tokens),
    ):
        yield runs


def score_of(model: Any, inputs: dict[str, Any], answer: torch.Tensor) -> float:
    """Log-probability of an answer."""
    ids = torch.cat([inputs["input_ids"], answer[None]], dim=1)
    with torch.no_grad():
        images = {name: inputs[name] for name in ("pixel_values", "image_sizes")}
        scores = model(ids, **images).logits[0, -len(answer) - 1 : -1].log_softmax(-1)
    return float(scores.gather(1, answer[:, None]).sum())
