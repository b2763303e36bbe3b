"""
Videos, their classes and their splits, read from UCF101, HMDB51 or class-folder lists.

Start at ``splits``. It may import ``imrs_ros.video``.
"""
