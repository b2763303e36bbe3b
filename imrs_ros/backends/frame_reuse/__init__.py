"""
Windows scored from parts: overlapping windows share frames, and each frame is computed once.

Start at ``frame_reuse``. It may import ``records``, ``part_plan`` and NumPy; no library that
runs networks.
"""
