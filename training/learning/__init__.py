"""
What learns, from what loss: streams, teachers, the trainer and the state that it resumes from.

Start at ``trainer``. It may import ``clips``, ``data_set``, ``training.config`` and
``imrs_ros.networks``.
"""
