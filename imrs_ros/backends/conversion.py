# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A model converted for a library: found where it was converted before, or converted now."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
import hashlib
import importlib
from importlib import metadata
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile

from imrs_ros.backends.cache_entry import publish_entry, Values
from imrs_ros.backends.model_cache import cache_root, ModelCache, Write
from imrs_ros.model_card import ModelCard, ModelCardError

PACKAGE = Path(__file__).resolve().parent.parent
ARCHITECTURE_CODE = (*sorted((PACKAGE / 'architectures').glob('*.py')), PACKAGE / 'part_plan.py')
"""What decides what a network computes, whether PyTorch builds it or not."""
NETWORK_CODE = (*sorted((PACKAGE / 'networks').glob('*.py')), *ARCHITECTURE_CODE)
"""What decides what a conversion computes, besides the model, libraries and the converter."""
WRONG_MODEL, NOT_WRITTEN = 3, 4
"""Exit status of a converter when the model itself cannot be used, and when the folder cannot be
written."""


def find_or_make(
    beside: ModelCache, values_of: Callable[[str | None], Values], convert: Write,
) -> tuple[Path, tuple[str, ...]]:
    """
    Return a converted network: from a model folder, this user's cache, or a conversion.

    :param beside: the cache in the model folder; the user's has the same name.
    :param values_of: returns all that it depends on, by the version of PyTorch.
    :param convert: writes the files of the cache entry.
    :return: the folder of the converted network, and what to warn of.
    :raises OSError: when neither the cache nor the temporary folder can be written.
    """
    try:
        torch_version = metadata.version('torch')
    except metadata.PackageNotFoundError:
        torch_version = None
    own, values = ModelCache(cache_root() / beside.folder.name), values_of(torch_version)
    folder = beside.find(values_of(None)) or own.find(values)
    warnings = [*beside.notices, *own.notices]
    if folder is not None:
        return folder, tuple(warnings)
    # Until the next reboot, a conversion outlasts its process there, too.
    spare = ModelCache(Path(tempfile.gettempdir()) / f'imrs_ros-{os.geteuid()}')
    converted = spare.find(values)

    def write(unfinished: Path, lock: int) -> None:
        if converted is None:
            convert(unfinished, lock)
        else:
            shutil.copytree(converted, unfinished, dirs_exist_ok=True)
    try:
        return own.make(values, write), tuple(warnings)
    except OSError as error:
        warnings.append(
            f'the converted model is cached in {spare.folder}, until the next reboot alone: '
            f'{own.folder} cannot be written: {error}; free some space, or set XDG_CACHE_HOME to '
            'a folder that can be written')
        return converted or spare.make(values, write), tuple(warnings)


def network_values(card: ModelCard) -> Values:
    """
    Return what any conversion of a model's network depends on, besides code and libraries.

    :param card: the model.
    :return: values of its cache entry.
    """
    return {
        'weights': card.weights_sha256, 'network': asdict(card.architecture),
        'pose': None if card.pose is None else asdict(card.pose), 'input': asdict(card.spec)}


def code_digest(paths: Iterable[Path]) -> str:
    """
    Return a digest of the code of a conversion.

    :param paths: its files.
    :return: SHA-256, hexadecimal.
    """
    return hashlib.sha256(b''.join(path.read_bytes() for path in paths)).hexdigest()


def convert_card(
    converter: tuple[str, str], card: ModelCard, entry: Path, lock: int, library: str,
) -> None:
    """
    Convert a network: here where PyTorch is loaded already, otherwise in a process of its own.

    :param converter: its module, which imports PyTorch and is a program for ``convert_apart``, and
        the function of it that converts a model into a folder.
    :param card: the model.
    :param entry: an unfinished cache entry.
    :param lock: descriptor of its lock.
    :param library: what it is converted for.
    :raises ModelCardError: when the weights do not fit.
    :raises OSError: when the folder cannot be written.
    :raises RuntimeError: when the network cannot be converted, as without PyTorch.
    """
    module, function = converter
    if 'torch' in sys.modules:
        getattr(importlib.import_module(module), function)(card, entry)
    else:
        convert_apart(module, (str(card.folder), str(entry)), lock, library)


def convert_apart(module: str, arguments: Sequence[str], lock: int, library: str) -> None:
    """
    Convert a network in a process of its own.

    :param module: the program; it ends with 0, ``WRONG_MODEL`` or ``NOT_WRITTEN``.
    :param arguments: its arguments.
    :param lock: descriptor of the lock of the unfinished cache entry.
    :param library: what it is converted for.
    :raises ModelCardError: when the weights do not fit.
    :raises OSError: when the folder cannot be written.
    :raises RuntimeError: when the network cannot be converted, as without PyTorch.
    """
    # In a process of its own: here, PyTorch would stay in memory as long as the node lives. When
    # the node is killed it goes on, holding the lock, so that the next start finds the result.
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(path or '.' for path in sys.path)}
    with tempfile.TemporaryFile('w+', encoding='utf-8', errors='replace') as errors:
        status = subprocess.run(
            [sys.executable, '-m', module, *arguments], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=errors,
            pass_fds=(lock,), start_new_session=True, check=False).returncode
        errors.seek(0)
        lines = errors.read().strip().splitlines()
    reason = lines[-1] if lines else f'the converter ended with status {status}'
    if status == WRONG_MODEL:
        raise ModelCardError(reason)
    if status == NOT_WRITTEN:
        raise OSError(reason)
    if status:
        raise RuntimeError(f'the network cannot be converted for {library}: {reason}')


def fill_entry(convert_into: Callable[[Path, Path], None]) -> None:
    """
    Run the command line of a program for ``convert_apart``.

    :param convert_into: converts the model of a folder into an unfinished cache entry.
    """
    model_folder, entry = map(Path, sys.argv[1:])
    try:
        convert_into(model_folder, entry)
        publish_entry(entry)
    except (ModelCardError, OSError) as error:
        print(error, file=sys.stderr)
        sys.exit(WRONG_MODEL if isinstance(error, ModelCardError) else NOT_WRITTEN)


def keep_beside(cache: ModelCache, values: Values, write: Write) -> None:
    """
    Store a converted network beside its weights, unless it is there, and print where.

    :param cache: in the folder of the weights.
    :param values: all that the converted network depends on.
    :param write: converts it into an unfinished cache entry, given the descriptor of its lock.
    :raises SystemExit: when the folder cannot be written.
    """
    try:
        print(cache.find(values) or cache.make(values, write))
    except OSError as error:
        raise SystemExit(f'{cache.folder} cannot be written: {error}') from error
