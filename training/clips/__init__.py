"""
Clips to learn from: videos, or the frames and flow extracted from them, sampled and augmented.

Start at ``training_clips``. It may import ``data_set``, ``training.config``, and the resampling
and preprocessing of the node.
"""
