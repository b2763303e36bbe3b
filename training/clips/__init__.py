"""
What a run learns from: frames and optical flow on disk, sampled into augmented clips.

Start at ``training_clips``. It may import ``data_set``, ``training.config``, and the preprocessing
of the node.
"""
