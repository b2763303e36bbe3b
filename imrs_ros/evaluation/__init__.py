"""Recordings in, the truth out: how good the recogniser is on them, and how late."""
