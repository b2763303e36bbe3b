# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Write files and folders that readers see whole or not at all.

Everything is written in a folder beside its destination, flushed to disk and renamed. Names of
these folders are unique, so that writers of the same file do not disturb each other; the last one
wins. Each is locked while it is in use: what a killed process left is removed by the next writer.
Modes are those of a new file or folder under the process's umask, whatever the writing library
chose and whatever is replaced.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import fcntl
import glob
import os
from pathlib import Path
import secrets
import shutil
import stat

PARTIAL = '.partial'


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """
    Replace or create a file once the block has ended without an exception.

    :param path: the destination; its folder is created where missing.
    :return: an empty file with the same name, to be written or overwritten in the block.
    :raises OSError: when the folder cannot be written.
    """
    with _working_folder(path) as folder:
        new = folder / path.name
        new.touch()
        mode = stat.S_IMODE(new.stat().st_mode)
        yield new
        # safetensors, for one, writes to a temporary file of its own, with mode 0600.
        new.chmod(mode)
        _sync(new)
        new.replace(path)
        _sync(path.parent)


def replace_text(path: Path, text: str) -> None:
    """
    Replace or create a text file.

    :param path: the destination; its folder is created where missing.
    :param text: its content, written as UTF-8.
    :raises OSError: when the folder cannot be written.
    """
    with replace_file(path) as new:
        new.write_text(text, encoding='utf-8')


@contextmanager
def replace_folder(path: Path, *, flush: bool = True) -> Iterator[Path]:
    """
    Replace or create a folder once the block has ended without an exception.

    :param path: the destination; its parents are created where missing. What is there is moved
        aside, then removed.
    :param flush: flush its files to disk; False for many files that are easily written again.
    :return: an empty folder with the same name, to be filled in the block.
    :raises OSError: when the parent cannot be written.
    """
    with _working_folder(path) as folder:
        new, old = folder / path.name, folder / f'{path.name}.old'
        new.mkdir()
        yield new
        for file in (item for item in new.rglob('*') if flush and item.is_file()):
            _sync(file)
        with suppress(FileNotFoundError):
            path.rename(old)
        try:
            new.rename(path)
        except OSError:
            if old.exists():
                old.rename(path)
            raise
        _sync(path.parent)


def entries(folder: Path) -> list[Path]:
    """
    Return what is in a folder that was found within another one.

    Beside a file that is being written, a folder comes and goes: it may be gone by now.

    :param folder: the folder.
    :return: its entries, in no order; none if it is gone.
    :raises OSError: when it cannot be read.
    """
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


@contextmanager
def _working_folder(path: Path) -> Iterator[Path]:
    """Yield a locked folder beside a destination; remove it at the end, and abandoned ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in path.parent.glob(f'{glob.escape(path.name)}{PARTIAL}*'):
        _remove_abandoned(folder)
    token = secrets.token_hex(4)
    folder = path.with_name(f'.{token}')
    folder.mkdir()
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Where a file system has no locks, nobody can tell what is abandoned: it stays.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Only now is it found by others, who would remove a folder that is not locked.
        folder = folder.rename(path.with_name(f'{path.name}{PARTIAL}-{token}'))
        yield folder
    finally:
        os.close(descriptor)
        shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(folder: Path) -> None:
    """Remove a working folder whose process has died."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    # Its process is alive.
    except OSError:
        pass
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    """Flush a file or folder to disk, so that a power cut leaves no empty file in its place."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
