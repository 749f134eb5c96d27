"""What a model is shown: chat templates, the conversation, images, token ids and their number."""
