"""
The libraries that run a network: OpenVINO or PyTorch on a CPU, and those in ``gpu``.

Start at ``base`` for the protocol and ``load`` for the choice. It may import ``networks`` and the
shared modules; each library is imported by one backend alone, when that backend is chosen.
"""

from imrs_ros.backends.base import Backend, BackendDescription
from imrs_ros.backends.failover import FailoverBackend
from imrs_ros.backends.load import load_backend, LoadedBackend

__all__ = ['Backend', 'BackendDescription', 'FailoverBackend', 'load_backend', 'LoadedBackend']
