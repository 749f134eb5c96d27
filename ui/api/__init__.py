"""The API for programs: named endpoints, MCP, an OpenAI-compatible API, REST, health.

Nothing here serves the screen. Each call has its own session, which is deleted when the call ends.

Try it: `python gradio_app.py`, then `curl http://127.0.0.1:7860/ready`; docs/api.md shows the rest.
"""

from ui.api.serving import Api

__all__ = ["Api"]
