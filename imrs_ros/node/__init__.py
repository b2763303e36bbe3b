"""
The ROS 2 node: the only room that turns messages into frames and decisions into messages.

Start at ``recognizer_node``. It may import the data path, ``images`` and ``backends``, but no
other room.
"""
