"""
The folder that the node loads: weights, card and calibration, checked against the network.

Start at ``writer``. It may import the shared modules of ``imrs_ros`` and its ``networks``.
"""
