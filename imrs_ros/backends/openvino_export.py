# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A model's network converted for OpenVINO: found where it was converted before, or converted now.

``python -m imrs_ros.backends.openvino_export MODEL_FOLDER`` converts it beforehand and stores the
result beside the model: a robot that has it needs no PyTorch.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
import hashlib
import importlib
from importlib import metadata
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile

from imrs_ros.backends.cache_entry import Values
from imrs_ros.backends.model_cache import cache_root, ModelCache, Write
from imrs_ros.model_card import ModelCard, ModelCardError
import openvino

PACKAGE = Path(__file__).resolve().parent.parent
CODE = (*sorted((PACKAGE / 'networks').glob('*.py')), PACKAGE / 'part_plan.py',
        PACKAGE / 'backends' / 'openvino_convert.py')
"""What decides how a model is converted, besides the model and the libraries."""
CONVERT = 'imrs_ros.backends.openvino_convert'
"""Imports PyTorch, so it is imported here only where PyTorch is loaded already."""
WRONG_MODEL, NOT_WRITTEN = 3, 4
"""Its exit status when the model itself cannot be used, and when the folder cannot be written."""


def export_values(card: ModelCard, torch_version: str | None = None) -> Values:
    """
    Return all that a model's converted network depends on.

    :param card: the model.
    :param torch_version: version of the PyTorch that converts it; None where any will do.
    :return: the values of its cache entry.
    """
    return {
        'weights': card.weights_sha256, 'network': asdict(card.architecture),
        'pose': None if card.pose is None else asdict(card.pose),
        'input': asdict(card.spec), 'num_labels': len(card.labels),
        **conversion_values(torch_version)}


def conversion_values(torch_version: str | None) -> Values:
    """
    Return what every conversion depends on.

    :param torch_version: version of the PyTorch that converts; None where any will do.
    :return: values of its cache entry.
    """
    code = hashlib.sha256(b''.join(path.read_bytes() for path in CODE)).hexdigest()
    return {'code': code, 'openvino': openvino.get_version(), 'torch': torch_version}


def cache_beside(model_folder: Path) -> ModelCache:
    """
    Return the cache in a model folder, which is installed with the model.

    :param model_folder: the model.
    :return: the cache; it trusts whoever may write the model.
    """
    return ModelCache(model_folder / 'openvino', trusted=model_folder)


def find_or_export(card: ModelCard) -> tuple[Path, tuple[str, ...]]:
    """
    Return a model's converted network: from the model folder, this user's cache, or a conversion.

    :param card: the model.
    :return: the folder of the converted network, and what to warn of.
    :raises ModelCardError: when the weights do not fit the card.
    :raises RuntimeError: when the network cannot be converted, as without PyTorch.
    :raises OSError: when neither the cache nor the temporary folder can be written.
    """
    return find_or_make(
        cache_beside(card.folder), lambda torch_version: export_values(card, torch_version),
        lambda folder, lock: export(card, folder, lock))


def find_or_make(
    beside: ModelCache, values_of: Callable[[str | None], Values], convert: Write,
) -> tuple[Path, tuple[str, ...]]:
    """
    Return a converted network: from a model folder, this user's cache, or a conversion.

    :param beside: the cache in the model folder.
    :param values_of: returns all that it depends on, by the version of PyTorch.
    :param convert: writes the files of the cache entry.
    :return: the folder of the converted network, and what to warn of.
    :raises OSError: when neither the cache nor the temporary folder can be written.
    """
    try:
        torch_version = metadata.version('torch')
    except metadata.PackageNotFoundError:
        torch_version = None
    own, values = ModelCache(cache_root() / 'openvino'), values_of(torch_version)
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


def export(card: ModelCard, folder: Path, lock: int) -> None:
    """
    Convert a model's network.

    :param card: the model.
    :param folder: an unfinished cache entry.
    :param lock: descriptor of its lock.
    :raises ModelCardError: when the weights do not fit the card.
    :raises OSError: when the folder cannot be written.
    :raises RuntimeError: when the network cannot be converted, as without PyTorch.
    """
    if 'torch' in sys.modules:
        importlib.import_module(CONVERT).convert(card, folder)
    else:
        convert_apart(CONVERT, (str(card.folder), str(folder)), lock)


def convert_apart(module: str, arguments: Sequence[str], lock: int) -> None:
    """
    Convert a network in a process of its own.

    :param module: the program; it ends with 0, ``WRONG_MODEL`` or ``NOT_WRITTEN``.
    :param arguments: its arguments.
    :param lock: descriptor of the lock of the unfinished cache entry.
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
        raise RuntimeError(f'the network cannot be converted for OpenVINO: {reason}')


def main() -> None:
    """Run the command line."""
    if len(sys.argv) != 2:
        raise SystemExit('usage: python -m imrs_ros.backends.openvino_export MODEL_FOLDER')
    card = ModelCard.load(sys.argv[1])
    keep_beside(card.folder, export_values(card), partial(export, card))


def keep_beside(model_folder: Path, values: Values, write: Write) -> None:
    """
    Store a converted network beside its weights, unless it is there, and print where.

    :param model_folder: holds the weights.
    :param values: all that the converted network depends on.
    :param write: converts it into an unfinished cache entry, given the descriptor of its lock.
    :raises SystemExit: when the folder cannot be written.
    """
    cache = cache_beside(model_folder)
    try:
        print(cache.find(values) or cache.make(values, write))
    except OSError as error:
        raise SystemExit(f'{cache.folder} cannot be written: {error}') from error


if __name__ == '__main__':
    main()
