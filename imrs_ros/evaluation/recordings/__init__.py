"""
Recorded images and their times: bags and videos, read and written.

Start at ``recording``. It may import ``images``, ``video`` and the shared modules.
"""
