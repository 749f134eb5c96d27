"""What is shown: values from the engine made into components' properties. No events, no state."""
