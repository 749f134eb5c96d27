"""`python -m engine download MODEL`: download a model's weights from the Hub to its cache."""

import argparse
import sys

from engine.core.i18n import say
from engine.core.settings import Settings
from engine.models.download import download


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a model of settings.toml")


def run(args: argparse.Namespace, settings: Settings) -> int:
    model = settings.model(args.model)
    folder = download(args.model, model)
    sys.stdout.write(say("hub.downloaded", repo_id=model.repo_id, folder=str(folder)) + "\n")
    return 0
