"""The registry of model families: one row per adapter, resolved on first use.

Nothing is imported until a family is needed, so that `import engine` stays free of torch.

Another package adds a family by an entry point in its pyproject.toml:

    [project.entry-points."scanchat.families"]
    my_family = "my_package.adapter:MyFamily"

`MyFamily` is an `engine.families.base.ModelFamily`. Families of this registry are never replaced.
"""

from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final

from engine.core.errors import ModelError
from engine.core.prompts import Task, template_of

if TYPE_CHECKING:
    from engine.core.settings import ModelSettings
    from engine.families.base import ModelFamily

# The group of entry points by which other packages add families.
ENTRY_POINTS: Final = "scanchat.families"

# family name in settings.toml -> "module:Class"
FAMILIES: dict[str, str] = {
    "deepseek_ocr": "engine.families.deepseek:DeepseekOcrFamily",
    "deepseek_ocr2": "engine.families.deepseek:DeepseekOcr2Family",
    "dots_ocr": "engine.families.dots:DotsOcrFamily",
    "glm_ocr": "engine.families.glm_ocr:GlmOcrFamily",
    "got_ocr": "engine.families.got_ocr:GotOCRFamily",
    "granite_docling": "engine.families.granite_docling:GraniteDoclingFamily",
    "lite": "engine.families.lite.family:LiteFamily",
    "openai_server": "engine.families.openai_server.family:OpenAIServerFamily",
    "paddleocr_vl": "engine.families.paddleocr_vl:PaddleOCRVLFamily",
    "phi3_vision": "engine.families.phi3:Phi3VisionFamily",
    "qwen_vl": "engine.families.qwen_vl:QwenVLFamily",
    "smolvlm": "engine.families.smolvlm:SmolVLMFamily",
}


def class_path(family: str, *, model_id: str) -> str:
    """Where the adapter class of a family is: "module:Class".

    Raises:
        ModelError: the family is neither registered here nor added by an installed package.
    """
    if family in FAMILIES:
        return FAMILIES[family]
    added = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    if family not in added:
        known = ", ".join(sorted({*FAMILIES, *added}))
        raise ModelError("model.unknown_family", model_id=model_id, family=family, known=known)
    return added[family]


def family_class(family: str, *, model_id: str) -> "type[ModelFamily]":
    """Import and return the adapter class of a family.

    Raises:
        ModelError: the family is not registered, or the package that adds it cannot be imported.
    """
    path = class_path(family, model_id=model_id)
    module_name, _, class_name = path.partition(":")
    try:
        adapter: type[ModelFamily] = getattr(import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        if family in FAMILIES:
            raise  # a bug of ours, not of an installed package
        raise ModelError(
            "model.broken_family", model_id=model_id, family=family, path=path, detail=str(error)
        ) from error
    return adapter


def prompt_template(task: Task, *, model_id: str, model: "ModelSettings") -> str:
    """Return a task's prompt for a model, with "{question}" in place of the user's question.

    Raises:
        ModelError: the model's family is not registered.
        TaskError: the task has no prompt for it.
    """
    # A model on a server gets the prompts of the family whose weights it serves.
    prompts = family_class(model.family, model_id=model_id).prompts_of(model)
    return template_of(task, family=prompts)
