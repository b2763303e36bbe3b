"""
Engines kept between two starts: building one takes minutes, reading it a moment.

An engine belongs to one model on one GPU under one set of libraries; all of that is its identity,
stands in the file, and must be equal. A file is written beside its place and moved there, so that
it is whole or absent. What is damaged, or could have been written by another user, is not used.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
import hashlib
import json
import os
from pathlib import Path
import tempfile

from imrs_ros.backends.model_cache import cache_root

MAGIC = b'imrs_ros engine 1\n'
SUFFIX = '.engine'
MAX_ENTRIES = 12
"""Kept at most, the newest; others are models, libraries or GPUs that are no more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineIdentity:
    """All that an engine depends on."""

    what: str
    """What is kept: an engine's precision, or another word."""
    weights_sha256: str
    """Of the model's weights."""
    architecture: str
    """Of the network, its normalisation included."""
    clip_shape: tuple[int, ...]
    """Of one clip, THWC."""
    max_clips: int
    """The largest batch."""
    gpu: str
    """Name of the GPU."""
    compute_capability: str
    """Of the GPU."""
    versions: Mapping[str, str]
    """Of TensorRT, torch-tensorrt, torch and CUDA, by name."""

    @property
    def key(self) -> str:
        """Give the name of the file."""
        return hashlib.sha256(self.to_json()).hexdigest()[:32]

    def to_json(self) -> bytes:
        """
        Give the identity as one line.

        :return: JSON, its keys sorted.
        """
        return json.dumps(asdict(self), sort_keys=True).encode()


def cache_folder() -> Path:
    """
    Give the folder of engines.

    :return: below ``cache_root()``; may not exist.
    """
    return cache_root() / 'engines'


class EngineCache:
    """A folder of engines."""

    def __init__(self, folder: Path) -> None:
        """
        Use a folder; nothing is read or made yet.

        :param folder: made where missing, when something is kept.
        """
        self.folder = folder
        self.notices: list[str] = []
        """What went wrong; to be logged as warnings."""

    def load(self, identity: EngineIdentity) -> bytes | None:
        """
        Read an engine.

        :param identity: of the engine wanted.
        :return: its bytes; None where there is none that can be used.
        """
        path = self._path(identity)
        try:
            self._check_owner(path)
            return _unpack(path.read_bytes(), identity)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self.notices.append(f'engine {path} is not used, and built anew: {error}')
            return None

    def store(self, identity: EngineIdentity, engine: bytes) -> None:
        """
        Keep an engine; where that fails, a notice says so.

        :param identity: of the engine.
        :param engine: its bytes.
        """
        partial = None
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp('.partial', dir=self.folder)
            partial = Path(name)
            with os.fdopen(handle, 'wb') as stream:
                stream.write(_pack(engine, identity))
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(self._path(identity))
            self._forget_oldest()
        except OSError as error:
            self.notices.append(
                f'engine is not kept, and built anew at every start: {error}; make {self.folder} '
                'writable, or set XDG_CACHE_HOME to a folder that is')
            if partial is not None:
                partial.unlink(missing_ok=True)

    def _path(self, identity: EngineIdentity) -> Path:
        return self.folder / f'{identity.key}{SUFFIX}'

    def _check_owner(self, path: Path) -> None:
        # TensorRT runs what an engine says: one that another user could write is none of ours.
        for place in (path, path.parent):
            found = place.stat()
            if found.st_uid not in (0, os.geteuid()) or found.st_mode & 0o022:
                raise ValueError(
                    f'expected {place} to be writable by this user alone, got owner '
                    f'{found.st_uid} and mode {found.st_mode & 0o777:o}')

    def _forget_oldest(self) -> None:
        entries = sorted(self.folder.glob(f'*{SUFFIX}'), key=lambda path: path.stat().st_mtime)
        for path in entries[:-MAX_ENTRIES]:
            path.unlink(missing_ok=True)


def _pack(engine: bytes, identity: EngineIdentity) -> bytes:
    digest = hashlib.sha256(engine).hexdigest().encode()
    return b'%s%s\n%s\n%s' % (MAGIC, identity.to_json(), digest, engine)


def _unpack(data: bytes, identity: EngineIdentity) -> bytes:
    header = b'%s%s\n' % (MAGIC, identity.to_json())
    if not data.startswith(header):
        raise ValueError('expected the engine of this model, GPU and libraries, got another file')
    digest, _, engine = data[len(header):].partition(b'\n')
    if hashlib.sha256(engine).hexdigest().encode() != digest:
        raise ValueError('expected an undamaged file, got another SHA-256')
    return engine
