"""
From videos to a model folder; offline, and not installed on robots.

Start at ``train``, one of the commands that stand here. ``config`` is what all share. Commands may
import every room below; the rooms import ``config`` alone from here. ``training`` imports
``imrs_ros`` without its ROS rooms, never the reverse.
"""
