"""Prompts: chat templates, fitting of conversations, images, token ids, token counts and memory."""
