# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A model's ONNX files: found where they were exported before, or exported now."""

from functools import partial
from pathlib import Path

from imrs_ros.backends.cache_entry import Values
from imrs_ros.backends.conversion import (
    code_digest, convert_card, find_or_make, NETWORK_CODE, network_values)
from imrs_ros.backends.model_cache import ModelCache
from imrs_ros.backends.onnx.layout import OPSET
from imrs_ros.backends.progress import told
from imrs_ros.model_card import ModelCard

CODE = (*NETWORK_CODE, *(
    Path(__file__).with_name(f'{name}.py')
    for name in ('convert', 'exporter', 'graph', 'layout', 'to_float16')))
"""What decides how a model is exported, besides the model and PyTorch."""
CONVERTER = ('imrs_ros.backends.onnx.convert', 'convert')


def onnx_values(card: ModelCard, torch_version: str | None = None) -> Values:
    """
    Return all that a model's ONNX files depend on.

    :param card: the model.
    :param torch_version: version of the PyTorch that exports them; None where any will do.
    :return: the values of their cache entry.
    """
    return {**network_values(card), 'num_logits': card.num_logits, 'opset': OPSET,
            'code': code_digest(CODE), 'torch': torch_version}


def onnx_beside(model_folder: Path) -> ModelCache:
    """
    Return the cache of ONNX files in a model folder, which is installed with the model.

    :param model_folder: the model.
    :return: the cache; it trusts whoever may write the model.
    """
    return ModelCache(model_folder / 'onnx', trusted=model_folder)


def find_or_export_onnx(card: ModelCard) -> tuple[Path, tuple[str, ...]]:
    """
    Return a model's ONNX files: from the model folder, this user's cache, or an export.

    :param card: the model.
    :return: their folder, and what to warn of.
    :raises ModelCardError: when the weights do not fit the card.
    :raises RuntimeError: when the network cannot be exported, as without PyTorch.
    :raises OSError: when neither the cache nor the temporary folder can be written.
    """
    return find_or_make(
        onnx_beside(card.folder), partial(onnx_values, card), partial(export_onnx, card))


def export_onnx(card: ModelCard, folder: Path, lock: int) -> None:
    """
    Write a model's ONNX files.

    :param card: the model.
    :param folder: an unfinished cache entry.
    :param lock: descriptor of its lock.
    :raises ModelCardError: when the weights do not fit the card.
    :raises OSError: when the folder cannot be written.
    :raises RuntimeError: when the network cannot be exported, as without PyTorch.
    """
    with told(f'exporting {card.name} as ONNX, once for this model'):
        convert_card(CONVERTER, card, folder, lock, 'ONNX')
