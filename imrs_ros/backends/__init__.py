"""Backends: what runs the network. ``load_backend`` chooses, loads and warms one up."""

from imrs_ros.backends.base import Backend, BackendDescription
from imrs_ros.backends.failover import FailoverBackend
from imrs_ros.backends.load import load_backend, LoadedBackend

__all__ = ['Backend', 'BackendDescription', 'FailoverBackend', 'load_backend', 'LoadedBackend']
