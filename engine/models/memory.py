"""How much memory a model takes, from its number of weights. Imports no torch."""

from typing import Final

from engine.core.settings import ModelSettings

# Weights and, beside them, caches and activations of one page.
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
    """Bytes of GPU memory that a model takes, computed from its number of weights.

    Args:
        precision: a key of BYTES_PER_PARAMETER, or "auto"; int4 counts the constants beside its
            weights.
        with_page: also the caches and activations of one page, 15% of the weights.
    Returns:
        None where the settings do not say how many weights it has, or for int8 and int4 how many
        of them these make smaller.
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
    """On a GPU "auto" is one of the two 16-bit precisions."""
    return BYTES_PER_PARAMETER["bfloat16" if precision == "auto" else precision]
