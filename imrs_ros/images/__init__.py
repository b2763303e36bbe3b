"""
Decode image messages to the RGB frames that the network takes, without ROS.

Start at ``decoding``. Modules here may import ``records`` and image libraries only.
``preprocessing`` is shared by training, export, evaluation and the node.
"""
