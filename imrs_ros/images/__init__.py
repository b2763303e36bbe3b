"""
Image messages, by their fields, to the RGB pixels that a network sees; no ROS.

Start at ``decoding``. It may import ``records`` and the image libraries alone. ``preprocessing``
is shared by training, export, evaluation and the node.
"""
