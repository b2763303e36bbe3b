"""Small nodes that use the recognizer, to copy and change."""
