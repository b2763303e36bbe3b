"""
The ROS 2 node: the only room that turns messages into frames and decisions into messages.

Start at ``recognizer_node`` (transitions), then ``configured`` (all that a configured node does).
It may import the data path, ``images`` and ``backends``, but no other room.
"""
