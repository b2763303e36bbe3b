"""
Images with times, whatever they were recorded in: bags and videos, read and written.

Start at ``recording``. It may import ``images``, ``video`` and the shared modules.
"""
