"""
Windows scored from parts: overlapping windows share frames, and each frame is computed once.

Start at ``frame_reuse``. It may import ``records``, ``stream_plan`` and NumPy; no library that
runs networks.
"""
