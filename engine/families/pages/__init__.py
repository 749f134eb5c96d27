"""A run over several pages: one after the other, streamed, loops found, margins left out."""
