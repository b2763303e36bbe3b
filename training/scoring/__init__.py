"""
Scores of whole videos by a trained model, its confusions and its complexity.

Start at ``scored_model``. It may import ``learning``, ``clips``, ``data_set`` and
``imrs_ros.backends``.
"""
