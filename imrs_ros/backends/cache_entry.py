# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
One entry of the model cache: a folder of files with a manifest, checked whenever it is used.

The manifest holds what the entry depends on, and the SHA-256 of every file: an entry that differs
in one bit, or that another user could have written, is not used.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
import hashlib
import json
import os
from pathlib import Path
import shutil
from typing import Any

MANIFEST_FILE = 'manifest.json'
UNFINISHED = '.making-'
"""Prefix of an entry's name until it is complete."""
OLD_SUFFIX = '-old'
"""Ends the name of an entry that was replaced, until it is removed."""
KEY_LENGTH = 32
OWNER_VARIABLE = 'IMRS_CACHE_OWNER'
"""Environment variable: number of a user who may own the cache besides this one."""
Values = Mapping[str, Any]
"""All that an entry depends on, as JSON can hold it."""


def key_of(values: Values) -> str:
    """
    Return the name of the entry that depends on some values.

    :param values: all that it depends on.
    :return: a file name, different for any other values.
    """
    text = json.dumps(values, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


def publish_entry(unfinished: Path) -> Path:
    """
    Complete an entry and move it into place; the caller holds its lock.

    :param unfinished: a folder of all files, and of a manifest that holds the values alone.
    :return: the folder of the entry.
    :raises OSError: when it cannot be written.
    """
    manifest = unfinished / MANIFEST_FILE
    values = json.loads(manifest.read_text(encoding='utf-8'))
    manifest.write_bytes(_manifest_of(unfinished, values))
    mode = unfinished.stat().st_mode & 0o666
    for path in unfinished.iterdir():
        path.chmod(mode)
        # A robot may lose power at any time.
        with path.open('rb') as file:
            os.fsync(file.fileno())
    folder = unfinished.with_name(unfinished.name.removeprefix(UNFINISHED))
    # Whoever looks for the entry meanwhile finds the old one or the new one, but for an instant.
    old = folder.with_name(f'{UNFINISHED}{folder.name}{OLD_SUFFIX}')
    shutil.rmtree(old, ignore_errors=True)
    with suppress(FileNotFoundError):
        folder.rename(old)
    unfinished.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    return folder


def check_entry(folder: Path, values: Values, trusted: Path | None) -> None:
    """
    Make sure that an entry is complete, undamaged and from no other user.

    :param folder: the entry.
    :param values: all that it depends on.
    :param trusted: as of ``check_owner``.
    :raises OSError: when it cannot be read, or another user could have written it.
    :raises ValueError: when it is damaged or depends on other values.
    """
    check_owner((folder.parent, folder, *folder.iterdir()), trusted)
    if (folder / MANIFEST_FILE).read_bytes() != _manifest_of(folder, values):
        raise ValueError('expected the files listed in its manifest, got others')


def check_owner(paths: Iterable[Path], trusted: Path | None) -> None:
    """
    Make sure that no other user could have written some files.

    TensorRT executes what an engine says, and altered weights give any label.

    :param paths: files and folders.
    :param trusted: a file whose owner and writers are trusted besides root and this user.
    :raises PermissionError: naming one that another user could have written.
    """
    owners, writers = {0, os.geteuid()}, 0o022
    if os.environ.get(OWNER_VARIABLE, '').isdecimal():
        owners.add(int(os.environ[OWNER_VARIABLE]))
    if trusted is not None:
        owners.add(trusted.stat().st_uid)
        writers &= ~trusted.stat().st_mode
    for path in paths:
        found = path.stat()
        if not {found.st_uid, path.lstat().st_uid} <= owners or found.st_mode & writers:
            raise PermissionError(
                f'expected {path} to be writable by this user or root alone, got owner '
                f'{found.st_uid} and mode {found.st_mode & 0o777:o}; delete it, or chown it and '
                f'chmod go-w, or, if that user may decide what this process runs, set '
                f'{OWNER_VARIABLE}={found.st_uid}')


def _manifest_of(folder: Path, values: Values) -> bytes:
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
               for path in folder.iterdir() if path.name != MANIFEST_FILE}
    return json.dumps({'values': values, 'sha256': digests}, sort_keys=True).encode()
