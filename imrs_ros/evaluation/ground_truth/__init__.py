"""
Ground truth of recordings: annotations, their files, and the checks of them.

Start at ``annotation``. It may import ``recordings`` and the shared modules.
"""
