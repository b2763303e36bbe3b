# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
How far more clips carry: teach three classes of a model anew, from one to forty clips of each.

    PYTHONPATH=. python benchmarks/teach_curve.py --cache data/features

Their rows are dropped, the other classes are kept, and they are taught from training clips and
judged on the test list. The network itself learnt from these clips, which flatters.
"""

import argparse
from pathlib import Path

from few_examples import Features
from imrs_ros.demo.sources import data_folder, SUBSET
from imrs_ros.images.preprocessing import shrink
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.settings import WindowSettings
from imrs_ros.teaching.bank import Bank
from imrs_ros.teaching.clip_features import ClipFeatures
from imrs_ros.teaching.command import make_lesson
from imrs_ros.teaching.last_layers import LastLayers
from imrs_ros.teaching.model import base_of
from imrs_ros.teaching.pooling import WindowPooler
from imrs_ros.teaching.teach import fit_layers, name_clip
import numpy as np
from side_by_side import save, show
from tqdm import tqdm
from training.clips.clip_reader import VideoReader
from training.data_set.splits import LabelledVideo, read_split

TAUGHT = ('JumpingJack', 'Lunges', 'PushUps')
MOST_CLIPS = 40
"""Of a class, to learn from."""
MOST_FRAMES = 64
"""Of a clip: 2.6 s."""


class TrainingFeatures:
    """Pools the beginnings of training clips, or reads what was pooled before."""

    def __init__(self, card: ModelCard, cache: Path) -> None:
        """
        Prepare.

        :param card: the model.
        :param cache: folder of features; those of training clips lie in a folder in it.
        """
        self._card, self._folder = card, cache / 'training'
        self._folder.mkdir(parents=True, exist_ok=True)
        self._reader = VideoReader(card.spec.fps)
        self._pooler: WindowPooler | None = None

    def of(self, video: LabelledVideo) -> ClipFeatures:
        """
        Return the features of a clip.

        :param video: of the training list.
        :return: its first windows; its group is the list's.
        """
        cached = self._folder / f'{video.path.stem}.npy'
        if not cached.is_file():
            if self._pooler is None:
                self._pooler = WindowPooler.of_model(self._card)
            count = min(MOST_FRAMES, self._reader.num_ticks(video))
            frames = [shrink(image, self._card.spec.size_px)
                      for image in self._reader.read(video, 0, count)]
            np.save(cached, np.stack([features_D for _, features_D in self._pooler.windows(
                frames, WindowSettings().hop)]).astype(np.float16))
        return ClipFeatures(
            label=self._card.labels[video.label], name=video.path.name,
            group=video.path.stem.rpartition('_c')[0], features_ND=np.load(cached).astype('f4'))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').strip().split('\n\n')[0])
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--cache', type=Path, default=Path('data/features'))
    parser.add_argument('--examples', type=int, nargs='+', default=(1, 3, 5, 10, 20, 40))
    parser.add_argument('--draws', type=int, default=5)
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    card = ModelCard.load(find_model(options.model))
    split = read_split(data_folder() / SUBSET, 1)
    features, to_learn = Features(card, options.cache), TrainingFeatures(card, options.cache)
    kept = tuple(label for label in card.labels if label not in TAUGHT)
    base, bank = base_of(card, kept), Bank.load(card)
    test = [features.of(video.path, card.labels[video.label], 'test')
            for video in tqdm(split.test, disable=None, leave=False)]
    learnt: dict[str, list[ClipFeatures]] = {}
    for label in TAUGHT:
        own = [video for video in split.train if card.labels[video.label] == label]
        # Of all groups alike: the list is in their order.
        chosen = [own[round(i)] for i in np.linspace(0, len(own) - 1, MOST_CLIPS)]
        learnt[label] = [to_learn.of(video) for video in tqdm(chosen, disable=None, leave=False)]

    def right(layers: LastLayers, labels: tuple[str, ...], which: tuple[str, ...]) -> float:
        return float(np.mean([labels[name_clip(layers, clip, len(labels))] == clip.label
                              for clip in test if clip.label in which]))
    whole = base_of(card, card.labels).layers
    records = []
    for count in options.examples:
        found = []
        for draw in range(options.draws if count < MOST_CLIPS else 1):
            rng = np.random.default_rng(draw)
            taught = [learnt[label][i] for label in TAUGHT
                      for i in rng.permutation(MOST_CLIPS)[:count]]
            lesson = make_lesson(taught, kept, card, bank)
            layers = fit_layers(base, lesson)
            found.append([right(layers, lesson.labels, which)
                          for which in (TAUGHT, kept, card.labels)])
        taught_right, kept_right, all_right = np.mean(found, axis=0).tolist()
        records.append({'clips of each': count, 'taught named right': taught_right,
                        'kept named right': kept_right, 'all named right': all_right})
    records.append({
        'clips of each': 'the model itself',
        **{f'{name} named right': right(whole, card.labels, which) for name, which in (
            ('taught', TAUGHT), ('kept', kept), ('all', card.labels))}})
    show(records)
    save(options.json, records)


if __name__ == '__main__':
    main()
