"""
From a camera image to an action label.

Start at ``recognizer``, which shows the whole path. The modules here are that path and what all
folders share (``records``, ``settings``, ``model_card``). They may import ``images`` and
``backends``, never ROS; ``node`` is the part that runs on a robot.
"""
