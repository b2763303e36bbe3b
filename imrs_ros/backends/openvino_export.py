# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A model's network converted for OpenVINO: found where it was converted before, or converted now.

A lite0 is written as a graph, in a second; any other network is converted by PyTorch. ``python -m
imrs_ros.backends.openvino_export MODEL_FOLDER`` converts it beforehand and stores the result
beside the model: a robot that has it needs no PyTorch.
"""

from functools import partial
from pathlib import Path
import sys

from imrs_ros.backends.cache_entry import Values
from imrs_ros.backends.conversion import (
    ARCHITECTURE_CODE, code_digest, convert_card, find_or_make, keep_beside, NETWORK_CODE,
    network_values)
from imrs_ros.backends.model_cache import ModelCache
from imrs_ros.backends.openvino_graphs.lite0 import has_lite0_graph, write_lite0
from imrs_ros.model_card import ModelCard
import openvino

GRAPHS = Path(__file__).resolve().with_name('openvino_graphs')
GRAPH_CODE = (*ARCHITECTURE_CODE, *sorted(GRAPHS.glob('*.py')))
"""What decides how a graph is written, besides the model and OpenVINO."""
CODE = (*NETWORK_CODE, GRAPHS / 'files.py', GRAPHS.with_name('openvino_convert.py'))
"""What decides how PyTorch converts a model, besides the model and the libraries."""
CONVERTER = ('imrs_ros.backends.openvino_convert', 'convert')
LIBRARY = 'OpenVINO'


def export_values(card: ModelCard, torch_version: str | None = None) -> Values:
    """
    Return all that a model's converted network depends on.

    :param card: the model.
    :param torch_version: version of the PyTorch that is installed; None where any will do.
    :return: the values of its cache entry; the version is one of them where PyTorch converts it.
    """
    library_values = (graph_values() if has_lite0_graph(card)
                      else conversion_values(torch_version))
    return {**network_values(card), 'num_labels': len(card.labels), **library_values}


def graph_values() -> Values:
    """
    Return what every graph that is written without PyTorch depends on.

    :return: values of its cache entry.
    """
    return {'code': code_digest(GRAPH_CODE), 'openvino': openvino.get_version()}


def conversion_values(torch_version: str | None) -> Values:
    """
    Return what every conversion by PyTorch depends on.

    :param torch_version: version of the PyTorch that converts; None where any will do.
    :return: values of its cache entry.
    """
    return {'code': code_digest(CODE), 'openvino': openvino.get_version(),
            'torch': torch_version}


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
    :raises RuntimeError: when the network cannot be converted, as without PyTorch where it takes
        that.
    :raises OSError: when neither the cache nor the temporary folder can be written.
    """
    return find_or_make(
        cache_beside(card.folder), lambda torch_version: export_values(card, torch_version),
        lambda folder, lock: export(card, folder, lock))


def export(card: ModelCard, folder: Path, lock: int) -> None:
    """
    Convert a model's network.

    :param card: the model.
    :param folder: an unfinished cache entry.
    :param lock: descriptor of its lock.
    :raises ModelCardError: when the weights do not fit the card.
    :raises OSError: when the folder cannot be written.
    :raises RuntimeError: when the network cannot be converted, as without PyTorch where it takes
        that.
    """
    if has_lite0_graph(card):
        write_lite0(card, folder)
    else:
        convert_card(CONVERTER, card, folder, lock, LIBRARY)


def main() -> None:
    """Run the command line."""
    if len(sys.argv) != 2:
        raise SystemExit('usage: python -m imrs_ros.backends.openvino_export MODEL_FOLDER')
    card = ModelCard.load(sys.argv[1])
    keep_beside(cache_beside(card.folder), export_values(card), partial(export, card))


if __name__ == '__main__':
    main()
