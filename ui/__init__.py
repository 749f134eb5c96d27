"""The screen: Gradio views over the engine's public API. No model code, no global user state."""

from ui.api import Api
from ui.app import build_app, launch_options

__all__ = ["Api", "build_app", "launch_options"]
