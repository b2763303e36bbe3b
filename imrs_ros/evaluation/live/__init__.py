"""
The node itself on a recording: recorded while it runs, and compared with the offline result.

Start at ``recorder``. It may import ROS, ``node``, ``offline`` and what ``offline`` may import.
"""
