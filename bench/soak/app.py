"""The real app, with the soak test's model among its families.

python -m bench.soak.app --settings FILE --host 127.0.0.1 --port 0
"""

import sys

import gradio_app
from engine.families import FAMILIES

if __name__ == "__main__":
    FAMILIES["echo"] = "bench.soak.echo:Echo"
    sys.exit(gradio_app.main())
