"""gradio_app.py as it is, but that it reads a picture once, whoever uploads it.

python -m tests.browser.real_app --host 127.0.0.1 --port 0
"""

import sys

import engine.chat.engine
import gradio_app
from tests.reading_once import reading_once

engine.chat.engine.build_index = reading_once(engine.chat.engine.build_index)

if __name__ == "__main__":
    sys.exit(gradio_app.main())
