"""
From a camera image to an action label.

Start at ``recognizer``: both halves of the path are on its page. The modules here are what all
rooms share (``records``, ``settings``, ``model_card``) and the path itself. They import ``images``
and ``backends``, never ROS; ``node`` puts them on a robot.
"""
