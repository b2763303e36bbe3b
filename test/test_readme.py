# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Figures of the README are those of the model that ships."""

from imrs_ros.model_card import ModelCard, WEIGHTS_FILE
import pytest


@pytest.fixture(scope='module')
def readme(root):
    return ' '.join((root / 'README.md').read_text().split())


def test_accuracy_is_that_of_the_card(root, readme):
    accuracy = ModelCard.load(root / 'models' / 'ucf10').provenance['accuracy']
    for unit, words in (('clip', '(16 frames, 0.64 s)'), ('video', '(mean of its clips)')):
        top1, top5 = accuracy[f'{unit}_top1'], accuracy[f'{unit}_top5']
        assert f'| {unit} {words} | {top1:.1%} | {top5:.1%} |'.replace('%', ' %') in readme


def test_labels_and_size_are_those_of_the_model(root, readme):
    card = ModelCard.load(root / 'models' / 'ucf10')
    size_mb = (card.folder / WEIGHTS_FILE).stat().st_size / 1e6
    assert f'`models/ucf10` ({size_mb:.1f} MB' in readme
    assert ', '.join(card.labels) in readme
