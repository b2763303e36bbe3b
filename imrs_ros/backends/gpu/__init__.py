"""
The backends for NVIDIA GPUs, and the engines they cache between starts.

Start at ``backend``. It may import ``base``, ``model_cache`` and ``reference`` of ``backends``,
and ``networks``. PyTorch and TensorRT are imported only where a GPU is present or requested.
"""
