"""
Where a model's network lies converted for OpenVINO, and its conversion where it does not.

``python -m imrs_ros.backends.openvino_export MODEL_FOLDER`` converts it beforehand and puts the
result beside the model: a robot that has it needs no PyTorch.
"""

from dataclasses import asdict
import hashlib
import importlib
from importlib import metadata
import os
from pathlib import Path
import subprocess
import sys

from imrs_ros.backends.model_cache import cache_root, Entry, find_or_make, key_of
from imrs_ros.model_card import ModelCard, ModelCardError
import openvino

PACKAGE = Path(__file__).resolve().parent.parent
CODE = (*sorted((PACKAGE / 'networks').glob('*.py')), PACKAGE / 'part_plan.py',
        PACKAGE / 'backends' / 'openvino_convert.py')
"""What decides how a model is converted, beside the model and the libraries."""
CONVERT = 'imrs_ros.backends.openvino_convert'
"""Imports PyTorch, so it is imported here only where PyTorch is there already."""
WRONG_MODEL = 3
"""Its exit status when the model itself cannot be used."""


def export_key(card: ModelCard, torch_version: str | None = None) -> str:
    """
    Give the key of what a model is converted to.

    :param card: the model.
    :param torch_version: of the PyTorch that converts it; None where that is beside the point.
    :return: the key: another for other weights, code, or version of OpenVINO or PyTorch.
    """
    code = hashlib.sha256(b''.join(path.read_bytes() for path in CODE)).hexdigest()
    return key_of({
        'weights': card.weights_sha256, 'network': asdict(card.architecture),
        'input': asdict(card.spec), 'num_labels': len(card.labels), 'code': code,
        'openvino': openvino.get_version(), 'torch': torch_version})


def folder_beside(card: ModelCard) -> Path:
    """
    Give the folder for a conversion that goes with the model.

    :param card: the model.
    :return: a folder in the model folder; may not exist.
    """
    return card.folder / 'openvino' / export_key(card)


def find_or_export(card: ModelCard) -> Entry:
    """
    Give a model's network converted: from beside the model, from this user's cache, or anew.

    :param card: the model.
    :return: the entry.
    :raises ModelCardError: when the weights do not fit the card.
    :raises RuntimeError: when the network cannot be converted, as without PyTorch.
    """
    try:
        torch_version = metadata.version('torch')
    except metadata.PackageNotFoundError:
        torch_version = None
    cached = cache_root() / 'openvino' / export_key(card, torch_version)
    return find_or_make((folder_beside(card), cached), lambda folder: export(card, folder))


def export(card: ModelCard, folder: Path) -> None:
    """
    Convert a model's network.

    :param card: the model.
    :param folder: an empty folder.
    :raises ModelCardError: when the weights do not fit the card.
    :raises RuntimeError: when the network cannot be converted, as without PyTorch.
    """
    if 'torch' in sys.modules:
        importlib.import_module(CONVERT).convert(card, folder)
        return
    # In a process of its own: here, PyTorch would stay in memory as long as the node lives.
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(path or '.' for path in sys.path)}
    done = subprocess.run(
        [sys.executable, '-m', CONVERT, str(card.folder), str(folder)],
        env=environment, capture_output=True, text=True, check=False)
    reason = (done.stderr.strip().splitlines() or ['no reason given'])[-1]
    if done.returncode == WRONG_MODEL:
        raise ModelCardError(reason)
    if done.returncode:
        raise RuntimeError(f'the network cannot be converted for OpenVINO: {reason}')


def main() -> None:
    """Run the command line."""
    if len(sys.argv) != 2:
        raise SystemExit('usage: python -m imrs_ros.backends.openvino_export MODEL_FOLDER')
    card = ModelCard.load(sys.argv[1])
    entry = find_or_make((folder_beside(card),), lambda folder: export(card, folder))
    if entry.is_temporary:
        entry.discard()
        raise SystemExit(entry.warning)
    print(entry.folder)


if __name__ == '__main__':
    main()
