"""Views: turn the engine's values into components' properties. No events, no state."""
