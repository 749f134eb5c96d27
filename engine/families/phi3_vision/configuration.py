"""Reads the published config.json of Phi-3.5-vision.

Phi3VConfig is transformers' Phi3Config (the language model's keys are at the top level of the
published file) plus the vision keys. The published file does not describe the vision tower: it is
always CLIP ViT-L/14-336, so its sizes are filled in here. A file with other settings for joining
image and text than the published checkpoints is rejected.
"""

from typing import Any, ClassVar

from transformers import CLIPVisionConfig, Phi3Config

# openai/clip-vit-large-patch14-336: sizes in pixels (image, patch) and in channels (the rest).
_CLIP_VIT_L_14_336: dict[str, Any] = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "projection_dim": 768,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "image_size": 336,
    "patch_size": 14,
    "hidden_act": "quick_gelu",
    "layer_norm_eps": 1e-5,
}
# Published values of embd_layer, for every key that affects the computation.
_EMBEDDING: dict[str, Any] = {
    "embedding_cls": "image",
    "hd_transform_order": "sub_glb",
    "projection_cls": "mlp",
    "use_hd_transform": True,
    "with_learnable_separator": True,
}


# transformers makes every config class a dataclass by itself (PreTrainedConfig.__init_subclass__).
class Phi3VConfig(Phi3Config):  # type: ignore[no-untyped-call]
    """Settings of a Phi-3.5-vision checkpoint, by their published names.

    Attributes:
        img_processor: the vision tower's name and output width ("image_dim_out", channels).
        embd_layer: how image features become tokens; only the published way is supported.
        vision_config: the CLIP tower; filled in if the file does not have it.
    """

    model_type: ClassVar[str] = "phi3_v"
    # Not `sub_configs_defaults`, which transformers 5.17 to 5.20 do not know.
    sub_configs: ClassVar[dict[str, Any]] = {"vision_config": CLIPVisionConfig}

    img_processor: dict[str, Any] | None = None
    embd_layer: dict[str, Any] | None = None
    vision_config: dict[str, Any] | CLIPVisionConfig | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        # The published file asks for flash_attention_2, whose package is not required here; the
        # attention is chosen when the model is loaded, not by the file.
        kwargs.pop("_attn_implementation", None)
        tower = kwargs.pop("fixture_clip_vision_config", None)
        if self.vision_config is None:
            self.vision_config = {**_CLIP_VIT_L_14_336, **(tower or {})}
        if not isinstance(self.vision_config, CLIPVisionConfig):
            sizes = {key: one for key, one in self.vision_config.items() if key != "model_type"}
            self.vision_config = CLIPVisionConfig(**sizes)
        if self.img_processor is None:
            self.img_processor = {
                "image_dim_out": _CLIP_VIT_L_14_336["hidden_size"],
                "model_name": "openai/clip-vit-large-patch14-336",
                "name": "clip_vision_model",
                "num_img_tokens": 144,
            }
        self.embd_layer = {**_EMBEDDING, **(self.embd_layer or {})}
        _refuse_other_embeddings(self.embd_layer)
        scaling = kwargs.get("rope_scaling")
        if isinstance(scaling, dict) and scaling.get("type") in ("su", "longrope"):
            # "su" is the former name of transformers' longrope: the same formula. The published
            # file does not contain the factor, so it is computed.
            factor = self.max_position_embeddings / self.original_max_position_embeddings
            named = {key: value for key, value in scaling.items() if key != "type"}
            kwargs["rope_scaling"] = {"factor": factor, **named, "rope_type": "longrope"}
        window = self.sliding_window
        if window is not None and window >= self.max_position_embeddings:
            # A window longer than the longest sequence has no effect. Without it caches can be
            # cropped (reuse over turns) and SDPA needs no mask.
            self.sliding_window = None
        super().__post_init__(**kwargs)  # type: ignore[no-untyped-call]
        width = self.img_processor.get("image_dim_out", self.vision_config.hidden_size)
        if width != self.vision_config.hidden_size:
            raise ValueError(
                f"config.json: img_processor.image_dim_out is {width}, but the vision tower is "
                f"{self.vision_config.hidden_size} wide. Both must be the same."
            )


def _refuse_other_embeddings(embedding: dict[str, Any]) -> None:
    """Raise ValueError where embd_layer asks for something this port does not compute."""
    for key, known in _EMBEDDING.items():
        if embedding[key] != known:
            raise ValueError(
                f"config.json: embd_layer.{key} is {embedding[key]!r}; only {known!r} is "
                "supported, which is what microsoft/Phi-3.5-vision-instruct uses."
            )
