"""Offline: video to a trained and exported model. Not installed on robots."""
