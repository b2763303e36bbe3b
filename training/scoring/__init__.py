"""
What a trained model reached: scores of whole videos, confusion, complexity.

Start at ``scored_model``. It may import ``learning``, ``clips``, ``data_set`` and
``imrs_ros.backends``.
"""
