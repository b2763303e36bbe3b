# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Whether the weights of a model folder are those of the network that its card describes."""

from collections.abc import Mapping

from imrs_ros.model_card import ModelCard, ModelCardError

COUNTER_SUFFIX = '.num_batches_tracked'
"""Ends the names of counters of training, which are no weights."""
Shapes = Mapping[str, tuple[int, ...]]
"""Of weights, by name."""


def check_fit(
    card: ModelCard, expected: Shapes, found: Shapes, last_layer: str = 'fc.weight',
) -> None:
    """
    Check that a network gets its weights, all of them and no others.

    :param card: the model.
    :param expected: of the network.
    :param found: in its weights file.
    :param last_layer: name of the weights with a row for each class.
    :raises ModelCardError: naming the first few that are missing, unknown or of another shape.
    """
    num_rows = found[last_layer][0] if last_layer in found else len(card.labels)
    if num_rows != len(card.labels):
        raise ModelCardError(
            f'{card.folder}: the card names {len(card.labels)} labels, the weights give '
            f'{num_rows} logits')
    check_same(
        expected, found,
        f'{card.weights_path}: expected the weights of {card.architecture}')


def check_same(expected: Shapes, found: Shapes, what: str) -> None:
    """
    Check that weights are those that are expected.

    :param expected: of the network.
    :param found: in a weights file.
    :param what: begins the text of the error: which weights are expected where.
    :raises ModelCardError: naming the first few that are missing, unknown or of another shape.
    """
    names = {name for name in expected if not name.endswith(COUNTER_SUFFIX)}
    missing = sorted(names - set(found))
    unknown = sorted(name for name in set(found) - names if not name.endswith(COUNTER_SUFFIX))
    wrong = [f'{n} {found[n]} instead of {expected[n]}'
             for n in sorted(names & set(found)) if found[n] != expected[n]]
    if missing or unknown or wrong:
        raise ModelCardError(f'{what}; missing {missing[:3]}, unknown {unknown[:3]}, of another '
                             f'shape {wrong[:3]}')
