"""`python -m engine download MODEL`: fetch a model's weights from the hub into its cache."""

import argparse
import sys
from pathlib import Path
from typing import Final

from engine.errors import ModelError
from engine.families.hub import hub_errors
from engine.settings import Settings
from engine.texts import say

# Weights, configurations, tokenizers and templates; no code and no other weight formats.
_WANTED: Final = ("*.safetensors", "*.json", "*.txt", "*.jinja", "*.model", "*.md", "LICENSE*")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a model of settings.toml")


def run(args: argparse.Namespace, settings: Settings) -> int:
    from huggingface_hub import snapshot_download

    model = settings.model(args.model)
    if Path(model.repo_id).is_dir():
        raise ModelError("hub.local_folder", model_id=args.model, repo_id=model.repo_id)
    with hub_errors(args.model, model):
        # huggingface_hub shows its own progress bar on stderr and continues what was cut off.
        folder = snapshot_download(
            model.repo_id, revision=model.revision, allow_patterns=list(_WANTED)
        )
    sys.stdout.write(say("hub.downloaded", repo_id=model.repo_id, folder=folder) + "\n")
    return 0
