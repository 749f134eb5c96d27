"""The app for programs: named endpoints, MCP, an OpenAI-compatible API, REST, health.

Nothing here is for a screen. Each call has a session of its own, which is deleted with its end.

Try it: `python gradio_app.py`, then `curl http://127.0.0.1:7860/ready`; docs/api.md shows the rest.
"""

from ui.api.serving import Api

__all__ = ["Api"]
