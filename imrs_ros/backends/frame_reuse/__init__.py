"""
Frame reuse: overlapping windows share frames, and the work on each frame is done once.

Start at ``frame_reuse``. It may import ``records``, ``part_plan`` and NumPy, but no library that
runs networks.
"""
