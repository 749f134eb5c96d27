"""ScanChat's engine: everything but the screen. Importing it imports neither torch nor gradio."""

__version__ = "0.1.0"
