"""
Behaviours that act on what the recognizer publishes, to copy.

Each is one file that imports only ROS, as yours would.
"""
