"""
The backends for NVIDIA GPUs, and the engines they keep between starts.

Start at ``backend``. It may import ``backends.base``, ``backends.model_cache`` and ``networks``.
PyTorch and TensorRT are imported only where a GPU is present, or was asked for.
"""
