"""Loads Phi-3.5-vision without having its files in memory beside the weights.

transformers keeps every shard mapped while it casts tensors or sends them to a GPU, which counts as
resident memory: twice the checkpoint in float16. Here each tensor's mapping ends with its use.
"""

from typing import Any

from engine.families.phi3_vision.configuration import Phi3VConfig
from engine.families.weights.checkpoint import (
    as_loaded_from,
    checkpoint_folder,
    one_tensor_at_a_time,
    read_checkpoint,
)


class LoadsLazily:
    """Mixin with a from_pretrained whose peak memory stays near the size of the loaded weights."""

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: Any,
        *args: Any,
        config: Any = None,
        output_loading_info: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Load a folder or a hub repository; arguments as for PreTrainedModel.from_pretrained.

        Raises:
            OSError: the checkpoint is neither cached nor downloadable.
            SafetensorError: a file is damaged.
        """
        usual: Any = super()
        places = kwargs.get("device_map")
        offloaded = isinstance(places, dict) and "disk" in places.values()
        if pretrained_model_name_or_path is None or "state_dict" in kwargs or offloaded:
            # Weights that stay on disk are mapped by transformers itself.
            return usual.from_pretrained(
                pretrained_model_name_or_path,
                *args,
                config=config,
                output_loading_info=output_loading_info,
                **kwargs,
            )
        kwargs.pop("use_safetensors", None)  # nothing else is read
        folder = checkpoint_folder(pretrained_model_name_or_path, kwargs)
        with one_tensor_at_a_time():
            model, info = usual.from_pretrained(
                None,
                *args,
                config=config or Phi3VConfig.from_pretrained(folder),
                state_dict=read_checkpoint(folder),
                output_loading_info=True,
                **kwargs,
            )
        as_loaded_from(pretrained_model_name_or_path, folder, model)
        return (model, info) if output_loading_info else model
