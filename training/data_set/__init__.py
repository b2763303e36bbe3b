"""
Which videos there are, of which class, in which split: UCF101, HMDB51 and class folders.

Start at ``splits``. It may import ``imrs_ros.video``.
"""
