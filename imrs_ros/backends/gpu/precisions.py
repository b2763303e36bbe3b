# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The precisions in which a model may run on a GPU, without PyTorch."""

from imrs_ros.model_card import ModelCard

PRECISIONS = ('float16', 'tf32', 'float32')
"""The preferred one first. In ``tf32``, products are of float32 rounded to 10 bits, sums are of
float32."""


def precisions_of(card: ModelCard) -> tuple[str, ...]:
    """
    Return the precisions in which a model may run.

    :param card: the model.
    :return: some of ``PRECISIONS``; float32 alone for a model with a pose stream, which looks for
        the highest value of maps: rounded, values tie.
    """
    return PRECISIONS if card.pose is None else PRECISIONS[-1:]
