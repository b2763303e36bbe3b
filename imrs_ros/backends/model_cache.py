"""
Exported models in folders that are made once, checked whenever they are read, and never half made.

An entry is a folder named after its key. It holds files, and ``manifest.json`` with the SHA-256 of
each: an entry that differs in one bit is made anew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
import hashlib
import json
import os
from pathlib import Path
import shutil
import tempfile
import time
from typing import Any

MANIFEST_FILE = 'manifest.json'
KEY_LENGTH = 32
BLOCK_BYTES = 1 << 20
MAKING = '.making-'
"""How the name of a folder begins until it is whole."""
ABANDONED_SEC = 3600.0
"""Nobody makes an entry for so long: its process was ended meanwhile."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder that was checked, or just made."""

    folder: Path
    """Where its files lie."""
    warning: str | None = None
    """Why it will have to be made again next time, or why it had to be made now."""
    is_temporary: bool = False
    """Whether ``discard`` removes it."""

    def discard(self) -> None:
        """Remove an entry that could not be kept."""
        if self.is_temporary:
            shutil.rmtree(self.folder, ignore_errors=True)


def cache_root() -> Path:
    """
    Give the folder for what this user's nodes need not make twice.

    :return: below ``$XDG_CACHE_HOME`` where that is an absolute path, else below ``~/.cache``; may
        not exist.
    """
    base = Path(os.environ.get('XDG_CACHE_HOME', ''))
    return (base if base.is_absolute() else Path.home() / '.cache') / 'imrs_ros'


def key_of(values: Mapping[str, Any]) -> str:
    """
    Give the key of what depends on some values.

    :param values: all it depends on, as plain data.
    :return: a name for a folder; another for any other values.
    """
    text = json.dumps(values, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


def is_intact(folder: Path) -> bool:
    """
    Check an entry.

    :param folder: where it should lie.
    :return: whether it has all files of its manifest, no others, and each as it was written.
    """
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding='utf-8'))
        return bool(manifest == _digests(folder))
    except (OSError, ValueError):
        return False


def _digests(folder: Path) -> dict[str, str]:
    digests = {}
    for path in sorted(folder.iterdir()):
        if path.name != MANIFEST_FILE:
            digest = hashlib.sha256()
            with path.open('rb') as file:
                while block := file.read(BLOCK_BYTES):
                    digest.update(block)
            digests[path.name] = digest.hexdigest()
    return digests


def find_or_make(folders: Sequence[Path], make: Callable[[Path], None]) -> Entry:
    """
    Give an entry, made where there is none.

    :param folders: where it may lie; a new one becomes the last, and all above it are made.
    :param make: writes the files into an empty folder; whatever it raises is raised.
    :return: the entry, in a temporary folder where the last one cannot be written.
    """
    for folder in folders:
        if is_intact(folder):
            return Entry(folder)
    target, warning = folders[-1], None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            warning = f'{target} was damaged and is made anew'
            shutil.rmtree(target)
        _remove_abandoned(target.parent)
        made = Path(tempfile.mkdtemp(dir=target.parent, prefix=MAKING))
    except OSError as error:
        made = Path(tempfile.mkdtemp(prefix='imrs_ros-'))
        _make(make, made)
        return Entry(made, (
            f'the converted model cannot be kept, so that every start takes as long: {error}; '
            'set XDG_CACHE_HOME to a folder that can be written'), is_temporary=True)
    _make(make, made)
    try:
        made.rename(target)
    # Another process was faster, and made the same.
    except OSError:
        shutil.rmtree(made)
    return Entry(target, warning)


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f'{MAKING}*'):
        if time.time() - folder.stat().st_mtime > ABANDONED_SEC:
            shutil.rmtree(folder, ignore_errors=True)


def _make(make: Callable[[Path], None], folder: Path) -> None:
    try:
        make(folder)
        (folder / MANIFEST_FILE).write_text(json.dumps(_digests(folder)), encoding='utf-8')
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
