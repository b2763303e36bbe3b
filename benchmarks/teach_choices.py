# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Compare priors of the rows of new classes, on actions by night that no judged list holds.

    PYTHONPATH=. python benchmarks/teach_choices.py --cache data/features

Three of the six actions of ``other-actions/dark`` are taught from few clips each and judged on all
others, drawn several times.
"""

import argparse
from itertools import product
from pathlib import Path

from few_examples import Features
from imrs_ros.demo.sources import data_folder
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.teaching import new_classes
from imrs_ros.teaching.bank import Bank
from imrs_ros.teaching.command import make_lesson
from imrs_ros.teaching.model import base_of
from imrs_ros.teaching.teach import fit_layers, name_clip
import numpy as np
from side_by_side import save, show

ACTIONS = ('Jump', 'Run', 'Sit', 'Stand', 'Turn', 'Walk')
NUM_TAUGHT = 3
STRENGTHS, STILL_WIDTHS = (1.0, 3.0, 10.0), (0.3, 0.5, 1.0)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').strip().split('\n\n')[0])
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--cache', type=Path, default=Path('data/features'))
    parser.add_argument('--examples', type=int, nargs='+', default=(1, 3, 5, 10))
    parser.add_argument('--draws', type=int, default=5)
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    card = ModelCard.load(find_model(options.model))
    features, bank = Features(card, options.cache), Bank.load(card).without(['dark'])
    base, folder = base_of(card, card.labels), data_folder() / 'other-actions' / 'dark'
    clips = {action: [features.of(path, action, path.stem)
                      for path in sorted(folder.glob(f'{action}_*.mp4'))] for action in ACTIONS}
    records = []
    for strength, width in product(STRENGTHS, STILL_WIDTHS):
        new_classes.STRENGTH, new_classes.STILL_WIDTH = strength, width
        record: dict[str, float] = {'strength': strength, 'still width': width}
        for count in options.examples:
            right = []
            for draw in range(options.draws):
                rng = np.random.default_rng(draw)
                taught, judged = [], []
                for action in rng.permutation(ACTIONS)[:NUM_TAUGHT]:
                    order = [clips[action][i] for i in rng.permutation(len(clips[action]))]
                    taught += order[:count]
                    judged += order[count:]
                lesson = make_lesson(taught, card.labels, card, bank)
                layers = fit_layers(base, lesson)
                right += [lesson.labels[name_clip(layers, clip, len(lesson.labels))] == clip.label
                          for clip in judged]
            record[f'right of {count}'] = float(np.mean(right))
        records.append(record)
    show(records)
    save(options.json, records)


if __name__ == '__main__':
    main()
