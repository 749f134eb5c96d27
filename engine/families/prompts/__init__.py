"""Prompts: chat templates, fitting of conversations, images, token ids and token counts."""
