"""
What runs a network: OpenVINO or PyTorch on a CPU, and the backends in ``gpu``.

Start at ``base`` for the protocol and ``load`` for the choice. A backend may import ``networks``
and the shared modules; each library is imported in its own module, when it is chosen.
"""

from imrs_ros.backends.base import Backend, BackendDescription
from imrs_ros.backends.failover import FailoverBackend
from imrs_ros.backends.load import load_backend, LoadedBackend

__all__ = ['Backend', 'BackendDescription', 'FailoverBackend', 'load_backend', 'LoadedBackend']
