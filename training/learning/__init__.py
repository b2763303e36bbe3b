"""
Training: networks with their losses and teachers, the trainer, and the state of a run.

Start at ``trainer``. It may import ``clips``, ``data_set``, ``training.config`` and
``imrs_ros.networks``.
"""
