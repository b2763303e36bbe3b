"""
A recording played to the recognizer without ROS: every window scored, the same at every run.

Start at ``playback``. It may import the data path, ``recordings``, ``ground_truth`` and
``metrics``.
"""
