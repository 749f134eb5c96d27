"""Memory that a model needs, estimated from its number of weights. Imports no torch."""

from typing import Final

from engine.core.settings import ModelSettings

# Weights plus the caches and activations of one page, as a multiple of the weights.
_OVERHEAD: Final = 1.15
BYTES_PER_PARAMETER: Final = {
    "float32": 4.0,
    "bfloat16": 2.0,
    "float16": 2.0,
    "int8": 1.0,
    "int4": 0.55,
}
_QUANTISED: Final = ("int8", "int4")


def memory_needed(model: ModelSettings, precision: str, *, with_page: bool = True) -> int | None:
    """Bytes of GPU memory that a model needs, computed from its number of weights.

    Args:
        precision: a key of BYTES_PER_PARAMETER, or "auto". int4 includes the constants that are
            stored beside its weights.
        with_page: also the caches and activations of one page, 15% of the weights.
    Returns:
        None if the settings do not give the number of weights or, for int8 and int4, the number
        of weights that are quantised.
    """
    if model.parameters is None:
        return None
    smaller = 0.0
    if precision in _QUANTISED:
        if model.quantised_parameters is None:
            return None
        smaller = model.quantised_parameters
    whole = _bytes_of(model.dtype if precision in _QUANTISED else precision)
    weights = (model.parameters - smaller) * whole + smaller * _bytes_of(precision)
    return int(weights * _OVERHEAD if with_page else weights)


def _bytes_of(precision: str) -> float:
    """Bytes per weight. On a GPU "auto" is one of the two 16-bit precisions."""
    return BYTES_PER_PARAMETER["bfloat16" if precision == "auto" else precision]
