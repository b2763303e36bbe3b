# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Converted networks and compiled engines, cached between starts.

Each entry is written beside its place under a lock and then renamed, so that it is complete or
absent, and so that processes that start together make it once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
import fcntl
import json
import os
from pathlib import Path
import shutil
import time

from imrs_ros.backends.cache_entry import (
    check_entry, check_owner, key_of, MANIFEST_FILE, publish_entry, UNFINISHED, Values)
from imrs_ros.backends.progress import REPEAT_SEC, tell

MAX_ENTRIES = 12
"""The most recently used are kept; others are of models, libraries or GPUs no longer here."""
DATA_FILE = 'data'
"""The file of an entry that is a single string of bytes."""
LOCK_SUFFIX = '.lock'
WAIT_SEC = 600.0
"""Longest wait for another process that makes the same entry."""
POLL_SEC = 0.1
QUIET_SEC = 2.0
"""A wait so short is not worth a line."""
NUM_LOOKS, LOOK_SEC = 3, 0.003
"""How often an entry is looked for, and the pause: replacing one takes two renames."""
Write = Callable[[Path, int], None]
"""Writes the files of an entry into a folder; given the descriptor of the lock, too, for a child
process to inherit. It may call ``publish_entry`` itself, as a child that outlives its parent
must."""


def cache_root() -> Path:
    """
    Return the folder for what this user's nodes need not make twice.

    :return: below ``$XDG_CACHE_HOME`` where that is an absolute path, else below ``~/.cache``; may
        not exist.
    """
    base = Path(os.environ.get('XDG_CACHE_HOME', ''))
    return (base if base.is_absolute() else Path.home() / '.cache') / 'imrs_ros'


class ModelCache:
    """A folder of entries, each named by the key of what it depends on."""

    def __init__(
        self, folder: Path, *, trusted: Path | None = None, wait_sec: float | None = None,
    ) -> None:
        """
        Use a folder; nothing is read or created yet.

        :param folder: created when an entry is stored.
        :param trusted: the model folder, for a cache in it: its owner may store entries, and all
            users may read them. None for a cache of this user alone.
        :param wait_sec: the longest wait for another process; default ``WAIT_SEC``.
        """
        self._wait_sec = wait_sec
        self.folder, self._trusted = folder, trusted
        self._mode = 0o700 if trusted is None else 0o755
        self.notices: list[str] = []
        """Entries that were not used or not stored, and why; to be logged as warnings."""

    def find(self, values: Values) -> Path | None:
        """
        Look for an entry, and remove what killed processes left unfinished.

        :param values: all that it depends on.
        :return: its folder; None where there is none, or none that may be used.
        """
        self._remove_leftovers()
        folder = self.folder / key_of(values)
        try:
            if not self._is_usable(folder, values):
                return None
        except (OSError, ValueError) as error:
            self.notices.append(f'{folder} is not used and will be rebuilt: {error}')
            return None
        with suppress(OSError):
            os.utime(folder)
        return folder

    def _is_usable(self, folder: Path, values: Values) -> bool:
        """Check an entry, and once more where another process replaced it meanwhile."""
        for _ in range(NUM_LOOKS):
            before = _inode(folder)
            try:
                if before is not None:
                    check_entry(folder, values, self._trusted)
                    return True
            except (OSError, ValueError):
                if _inode(folder) == before:
                    raise
            time.sleep(LOOK_SEC)
        return False

    def make(self, values: Values, write: Write, *, is_new: bool = False) -> Path:
        """
        Make an entry, or wait for the process that does.

        :param values: all that it depends on.
        :param write: writes its files; whatever it raises is raised.
        :param is_new: whether an entry that is there already is replaced.
        :return: its folder.
        :raises OSError: when the cache cannot be written, or belongs to another user.
        """
        self._prepare_folder()
        folder = self.folder / key_of(values)
        unfinished = folder.with_name(f'{UNFINISHED}{folder.name}')
        with _locked(unfinished, self._wait_sec or WAIT_SEC) as lock:
            with suppress(OSError, ValueError):
                if not is_new:
                    check_entry(folder, values, self._trusted)
                    return folder
            shutil.rmtree(unfinished, ignore_errors=True)
            try:
                unfinished.mkdir(self._mode)
                (unfinished / MANIFEST_FILE).write_text(json.dumps(values), encoding='utf-8')
                write(unfinished, lock)
                if unfinished.exists():
                    publish_entry(unfinished)
            except BaseException:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise
        self._remove_oldest()
        return folder

    def load(self, values: Values) -> bytes | None:
        """
        Read an entry of one file.

        :param values: all that it depends on.
        :return: its bytes; None where there is none that may be used.
        """
        for _ in range(NUM_LOOKS):
            folder = self.find(values)
            # It may be replaced between the check and this.
            with suppress(FileNotFoundError):
                return None if folder is None else (folder / DATA_FILE).read_bytes()
        return None

    def store(self, values: Values, data: bytes) -> None:
        """
        Store an entry of one file in place of any other; on failure, add a notice.

        :param values: all that it depends on.
        :param data: its bytes.
        """
        def write(folder: Path, lock: int) -> None:
            (folder / DATA_FILE).write_bytes(data)
        try:
            self.make(values, write, is_new=True)
        except OSError as error:
            self.notices.append(
                f'the engine is not cached, so the next start builds it again: {error}; make '
                f'{self.folder} writable, or set XDG_CACHE_HOME to a folder that is')

    def _prepare_folder(self) -> None:
        self.folder.mkdir(self._mode, parents=True, exist_ok=True)
        found = self.folder.stat()
        # Created with a umask that lets a group write.
        if found.st_uid == os.geteuid() and found.st_mode & 0o022:
            self.folder.chmod(found.st_mode & 0o755)
        check_owner((self.folder,), self._trusted)

    def _remove_leftovers(self) -> None:
        for path in self.folder.glob(f'{UNFINISHED}*'):
            unfinished = path.with_name(path.name.removesuffix(LOCK_SUFFIX))
            # Its lock is free: the process that was making it is gone.
            with suppress(OSError), _locked(unfinished, 0):
                shutil.rmtree(unfinished, ignore_errors=True)

    def _remove_oldest(self) -> None:
        with suppress(OSError):
            entries = sorted(
                (path.parent for path in self.folder.glob(f'[!.]*/{MANIFEST_FILE}')),
                key=lambda path: path.stat().st_mtime)
            for folder in entries[:-MAX_ENTRIES]:
                shutil.rmtree(folder)


@contextmanager
def _locked(unfinished: Path, wait_sec: float) -> Iterator[int]:
    """Hold the lock of an entry; the kernel frees it with the last process that holds it."""
    path = unfinished.with_name(f'{unfinished.name}{LOCK_SUFFIX}')
    start = time.monotonic()
    deadline, tell_at = start + wait_sec, start + QUIET_SEC
    while (lock := _try_lock(path)) is None:
        if time.monotonic() >= tell_at:
            tell_at += REPEAT_SEC
            tell(f'waiting for another process that makes the same entry of {path.parent}')
        if time.monotonic() >= deadline:
            raise TimeoutError(f'another process has held {path} for {wait_sec:g} s')
        time.sleep(POLL_SEC)
    try:
        yield lock
    finally:
        path.unlink(missing_ok=True)
        os.close(lock)


def _inode(folder: Path) -> int | None:
    try:
        return folder.lstat().st_ino
    except (FileNotFoundError, NotADirectoryError):
        return None


def _try_lock(path: Path) -> int | None:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Who held it before removed the file; another may hold a new one.
        if os.path.samestat(os.fstat(lock), path.stat()):
            return lock
    os.close(lock)
    return None
