"""
``make demo``: real video played to the real node, with its labels in the terminal.

Start at ``demo``. It may import ``node`` and the data path; nothing imports it.
"""
