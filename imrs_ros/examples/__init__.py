"""
Behaviours that act on what the recogniser publishes; to copy.

Each is one file that imports ROS alone, as yours would.
"""
