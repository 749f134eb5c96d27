"""ScanChat's engine: everything except the user interface.

    from pathlib import Path
    from engine import Engine, load_settings

    with Engine(load_settings()) as engine:
        session_id = engine.create_session()
        engine.add_document(session_id, Path("scan.png"), name="scan.png")
        answer = engine.ask(session_id, "What is the total?").answer()

Importing this package imports neither torch nor gradio; torch is imported when a model is first
used.
"""

from engine.chat.engine import Engine
from engine.chat.options import AskOptions
from engine.chat.stream import AnswerStream
from engine.core.errors import EngineError
from engine.core.schema import Answer, Document, Evidence, Page, PageLayout, StreamEvent, Usage
from engine.core.settings import Settings
from engine.core.settings_file import load_settings
from engine.core.transcript import Transcript
from engine.models.context_use import ContextUse
from engine.models.manager import ModelInfo
from engine.sessions.database import ConversationInfo

__all__ = [
    "Answer",
    "AnswerStream",
    "AskOptions",
    "ContextUse",
    "ConversationInfo",
    "Document",
    "Engine",
    "EngineError",
    "Evidence",
    "ModelInfo",
    "Page",
    "PageLayout",
    "Settings",
    "StreamEvent",
    "Transcript",
    "Usage",
    "__version__",
    "load_settings",
]

__version__ = "0.1.0"
