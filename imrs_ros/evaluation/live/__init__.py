"""
The live node on a recording: its outputs recorded, and compared with the offline result.

Start at ``recorder``. It may import ROS, ``node``, ``offline`` and what ``offline`` may import.
"""
