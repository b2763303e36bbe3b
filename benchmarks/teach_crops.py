# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Teach from whole pictures, from squares around a person, and from both, and judge on both.

    PYTHONPATH=. python benchmarks/teach_crops.py --cache data/features

The squares are those that the node scores with ``people: true``: the finder's boxes, the default
margin. Actions of Weizmann, people apart, and three of the night (``other-actions/dark``), clips
apart; drawn several times. Clips in which nobody is seen for a window are left out.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from math import inf
from pathlib import Path

from few_examples import auroc, Features, one_example
from imrs_ros.demo.sources import data_folder
from imrs_ros.model_card import InputSpec, ModelCard
from imrs_ros.model_folders import find_model, FINDER_NAME
from imrs_ros.people.detection import Detection, Detections
from imrs_ros.people.people_stream import PeopleStream
from imrs_ros.person_finder.finder import Finder
from imrs_ros.records import Clip, Frame, NO_ACTION
from imrs_ros.settings import PeopleSettings, WindowSettings
from imrs_ros.teaching.bank import Bank
from imrs_ros.teaching.clip_features import ClipFeatures
from imrs_ros.teaching.command import make_lesson
from imrs_ros.teaching.last_layers import LastLayers
from imrs_ros.teaching.model import base_of
from imrs_ros.teaching.pooling import WindowPooler
from imrs_ros.teaching.teach import Base, fit_layers, name_clip
from imrs_ros.video.reader import read_video
import numpy as np
from numpy.typing import NDArray
from side_by_side import save, show
from tqdm import tqdm
from training.data_set.splits import read_split

NIGHT, BACKGROUND = ('Jump', 'Run', 'Sit'), ('Stand', 'Turn', 'Walk')
"""Of ``other-actions/dark``: what is taught, and what else is done there."""
MOST = 15
"""Clips of an action by night."""
MOST_OF_CLASS, MOST_SEC = 4, 3.0
"""Videos of each class of the model, and the length of their beginning that is judged."""
CROPS = 'crops'
"""Folder of the cache."""
WHOLE, SQUARE, BOTH = WAYS = ('whole pictures', 'squares', 'both')
Find = Callable[[NDArray[np.uint8]], tuple[Detection, ...]]
"""Returns the people in an image_HWC."""
LOOK_SEC = 0.2
"""From one look for people to the next: finding them costs more than scoring them."""
LEAST_OVERLAP = 0.2
"""Intersection over union of two boxes of one person, from a look to the next."""


def person_windows(
    frames: Iterable[Frame], find: Find, spec: InputSpec, window: WindowSettings,
) -> Iterator[Clip]:
    """
    Cut the windows of one person out of images.

    The most certain person is followed while the boxes of two looks overlap; then whoever is
    most certain next.

    :param frames: whole images, in order.
    :param find: the person finder.
    :param spec: input of the network.
    :param window: hop, and the gap after which windows start anew.
    :return: windows with the stamp of their newest frame; none where nobody is seen.
    """
    stream = PeopleStream('', spec, window, PeopleSettings())
    last: Detection | None = None
    number, looked_ns = 0, -np.inf
    for frame in frames:
        stream.push(frame)
        if not 0 <= frame.stamp_ns - looked_ns < LOOK_SEC * 1e9:
            looked_ns = frame.stamp_ns
            found = find(frame.image_HWC)
            same = [each for each in found if last is not None
                    and overlap(each, last) >= LEAST_OVERLAP]
            if found:
                last = max(same or found, key=lambda each: each.score)
                number += not same
                stream.detect(Detections(frame.stamp_ns, (
                    Detection(last.box, last.score, str(number)),)))
        while (taken := stream.take_window(frame.stamp_ns)) is not None:
            # Whoever was followed before may still be waited for.
            if taken.person is not None and taken.person.id == str(number):
                yield taken.clip


def overlap(one: Detection, other: Detection) -> float:
    """
    Return the intersection over union of two boxes.

    :param one: any.
    :param other: any.
    :return: a share, in [0, 1].
    """
    both = one.box.meet(other.box).area
    return both / max(1e-9, one.box.area + other.box.area - both)


class Squares:
    """Pools the square around the person of a video, or reads what was pooled before."""

    def __init__(self, card: ModelCard, cache: Path) -> None:
        """
        Prepare.

        :param card: the model.
        :param cache: folder of features of whole pictures; those of squares lie beside them.
        """
        self._card, self._folder = card, cache / CROPS
        self._folder.mkdir(parents=True, exist_ok=True)
        self._pooler: WindowPooler | None = None

    def of(self, path: Path, most_sec: float = inf) -> NDArray[np.float32]:
        """
        Return the features of a video.

        :param path: the file.
        :param most_sec: how much of its beginning is used.
        :return: features_ND; of no window where nobody is seen.
        """
        cached = self._folder / f'{path.stem}.npy'
        if not cached.is_file():
            if self._pooler is None:
                self._pooler = WindowPooler.of_model(self._card)
                self._find = partial(Finder(find_model(FINDER_NAME), 0).find,
                                     min_score=PeopleSettings().min_person_score)
            frames = (Frame(image.stamp_ns, '', image.image_HWC) for image in takewhile(
                lambda image: image.stamp_ns < most_sec * 1e9, read_video(path)))
            rows = [self._pooler.pool(clip) for clip in person_windows(
                frames, self._find, self._card.spec, WindowSettings())]
            np.save(cached, np.array(rows, np.float16))
        return np.load(cached).astype('f4')

    def beside(self, clip: ClipFeatures, path: Path, most_sec: float = inf) -> 'Pair | None':
        """
        Return a clip and its square.

        :param clip: of the video.
        :param path: the file.
        :param most_sec: how much of its beginning is used.
        :return: the pair; None where nobody is seen.
        """
        rows_ND = self.of(path, most_sec)
        return Pair(clip, replace(clip, features_ND=rows_ND)) if len(rows_ND) else None


@dataclass(frozen=True, slots=True)
class Pair:
    """A clip, seen as a whole and by the square around its person."""

    whole: ClipFeatures
    square: ClipFeatures

    def as_taught(self, way: str) -> ClipFeatures:
        """
        Return it as it is learnt from.

        :param way: one of ``WAYS``.
        :return: the clip.
        """
        if way == BOTH:
            return replace(self.whole, features_ND=np.concatenate(
                [self.whole.features_ND, self.square.features_ND]))
        return self.whole if way == WHOLE else self.square


Lists = tuple[list[Pair], list[Pair]]
"""Clips to learn from, and to judge."""


def drawn_people(clips: Mapping[tuple[str, str], Pair], count: int, draw: int) -> Lists:
    """
    Divide clips by people.

    :param clips: by action and person.
    :param count: people to learn from.
    :param draw: number of the draw.
    :return: clips of these people, and of all others.
    """
    people = sorted({person for _, person in clips})
    chosen = {people[i] for i in np.random.default_rng(draw).permutation(len(people))[:count]}
    return ([clip for (_, person), clip in clips.items() if person in chosen],
            [clip for (_, person), clip in clips.items() if person not in chosen])


def drawn_clips(clips: Mapping[tuple[str, str], Pair], count: int, draw: int) -> Lists:
    """
    Divide the clips of every action.

    :param clips: by action and name.
    :param count: clips of an action to learn from.
    :param draw: number of the draw.
    :return: these clips, and all others.
    """
    rng = np.random.default_rng(draw)
    learnt, judged = [], []
    for action in sorted({action for action, _ in clips}):
        own = [clip for (label, _), clip in clips.items() if label == action]
        order = [own[i] for i in rng.permutation(len(own))]
        learnt += order[:count]
        judged += order[count:]
    return learnt, judged


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').strip().split('\n\n')[0])
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--cache', type=Path, default=Path('data/features'))
    parser.add_argument('--examples', type=int, nargs='+', default=(1, 3, 5))
    parser.add_argument('--draws', type=int, default=6)
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    card = ModelCard.load(find_model(options.model))
    features, squares = Features(card, options.cache), Squares(card, options.cache)
    base, bank = base_of(card, card.labels), Bank.load(card).without(['dark'])
    other = data_folder() / 'other-actions'
    by_person = [(path, path.stem.split('_')[0], path.stem.split('_')[1])
                 for path in sorted((other / 'weizmann').glob('*.mp4'))]
    by_clip = [(path, action, path.stem) for action in NIGHT
               for path in sorted((other / 'dark').glob(f'{action}_*.mp4'))[:MOST]]
    records = []
    for source, listed, divide in (('weizmann', by_person, drawn_people),
                                   ('dark', by_clip, drawn_clips)):
        clips: dict[tuple[str, str], Pair] = {}
        for path, action, group in tqdm(listed, disable=None, leave=False):
            pair = squares.beside(features.of(path, action, f'{group} {action}'), path)
            if pair is not None:
                clips[action, group] = pair
        print(f'{source}: somebody is seen in {len(clips)} of {len(listed)} clips')
        for count in options.examples:
            found: dict[tuple[str, str], list[bool]] = defaultdict(list)
            for draw in range(options.draws):
                learnt, judged = divide(clips, count, draw)
                for way in WAYS:
                    lesson = make_lesson([pair.as_taught(way) for pair in learnt],
                                         card.labels, card, bank)
                    layers = fit_layers(base, lesson)
                    for shown in (WHOLE, SQUARE):
                        found[way, shown] += [
                            lesson.labels[name_clip(layers, clip, len(lesson.labels))]
                            == clip.label for clip in (
                                pair.as_taught(shown) for pair in judged)]
            records += [{
                'source': source, 'examples': count, 'taught from': way,
                'of': len(found[way, WHOLE]),
                **{f'right, {shown}': float(np.mean(found[way, shown]))
                   for shown in (WHOLE, SQUARE)}} for way in WAYS]
    show(records)
    save(options.json, records)
    show(beside_background(base, card, bank, features, squares, options.draws))


def beside_background(base: Base, card: ModelCard, bank: Bank, features: Features,
                      squares: Squares, draws: int) -> list[dict[str, object]]:
    """
    Teach three actions by night with five clips each beside the others as background.

    :param base: the network.
    :param card: its model.
    :param bank: its bank.
    :param features: of whole pictures.
    :param squares: of people.
    :param draws: how often.
    :return: how well the new actions are told from the others by squares of held-out clips, and
        videos of the model's own classes that are named right by them.
    """
    folder = data_folder() / 'other-actions' / 'dark'
    night: dict[tuple[str, str], Pair] = {}
    for action in (*NIGHT, *BACKGROUND):
        for path in sorted(folder.glob(f'{action}_*.mp4'))[:MOST]:
            most_sec = inf if action in NIGHT else MOST_SEC
            pair = squares.beside(features.of(path, action, path.stem), path, most_sec)
            if pair is not None:
                night[action, path.stem] = pair
    old: list[ClipFeatures] = []
    videos = read_split(data_folder() / 'ucf101-subset', 1).test
    for label in range(len(card.labels)):
        own = [video for video in videos if video.label == label]
        for video in own[::max(1, len(own) // (2 * MOST_OF_CLASS))][:MOST_OF_CLASS]:
            pair = squares.beside(
                features.of(video.path, card.labels[label], 'test'), video.path, MOST_SEC)
            old += [] if pair is None else [pair.square]
    records: list[dict[str, object]] = [{
        'taught from': 'nothing', 'background from': '', 'AUROC, squares': float('nan'),
        'own classes, squares': _share_right(base.layers, old, card.labels)}]
    for way, background in ((WHOLE, WHOLE), (BOTH, WHOLE), (BOTH, BOTH)):
        found = defaultdict(list)
        for draw in range(draws):
            learnt, judged = drawn_clips(night, 5, draw)

            def of(pairs: Sequence[Pair], actions: Sequence[str], way: str,
                   ) -> list[ClipFeatures]:
                return [pair.as_taught(way) for pair in pairs if pair.whole.label in actions]
            others = [replace(clip, label=NO_ACTION) for clip in of(
                learnt, BACKGROUND, background)]
            lesson = make_lesson([*of(learnt, NIGHT, way), *others], card.labels, card, bank)
            layers = one_example(base, lesson)
            found['auroc'].append(auroc(
                layers, of(judged, NIGHT, SQUARE), of(judged, BACKGROUND, SQUARE)))
            found['old'].append(_share_right(layers, old, lesson.labels))
        records.append({
            'taught from': way, 'background from': background,
            'AUROC, squares': float(np.mean(found['auroc'])),
            'own classes, squares': float(np.mean(found['old']))})
    return records


def _share_right(layers: LastLayers, clips: Sequence[ClipFeatures], labels: Sequence[str],
                 ) -> float:
    return float(np.mean([labels[name_clip(layers, clip, len(labels))] == clip.label
                          for clip in clips]))


if __name__ == '__main__':
    main()
