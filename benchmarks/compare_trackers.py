# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Compare trackers of boxes by the ids that they give, all in one process.

People are made up, three at a time, and real: boxes that the people finder saw on the clip of the
data folder where people pass one after another, two walks laid over each other, as often as there
are delays. Each line is a tracker of the library trackers, with and without new ids for people who
covered each other. A detection is `wrong` when its id was first that of someone else.

    PYTHONPATH=. python benchmarks/compare_trackers.py
"""

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
import time

from imrs_ros.demo.sources import data_folder
from imrs_ros.model_folders import find_model, FINDER_NAME
from imrs_ros.people.detection import Detection, Detections
from imrs_ros.people.identities import BoxTracker, Identities, sort_tracker
from imrs_ros.person_finder.finder import Finder
from imrs_ros.video import read_video
from side_by_side import save
import trackers
from walking_people import NOBODY, overlay, Seen, simulate

RATES_HZ = (5.0, 10.0, 25.0)
CLIP = 'sample-videos/one-by-one-person-detection.mp4'
LEAST_SCORE = 0.2
GAP_NS = 1_000_000_000
"""Between two walks of the clip."""
LEAST_IMAGES = 30
DELAYS_SEC = tuple(0.5 * i for i in range(-8, 9))
COMMON = {'lost_track_buffer': 30, 'minimum_consecutive_frames': 2}
TRACKERS: dict[str, Callable[[], BoxTracker]] = {
    'SORT, as identities.py': sort_tracker,
    'SORT, overlap 0.1': partial(
        trackers.SORTTracker, **COMMON, track_activation_threshold=0.0,
        minimum_iou_threshold=0.1),
    'SORT, overlap 0.3': partial(
        trackers.SORTTracker, **COMMON, track_activation_threshold=0.0,
        minimum_iou_threshold=0.3),
    'ByteTrack': partial(
        trackers.ByteTrackTracker, **COMMON, track_activation_threshold=0.0,
        high_conf_det_threshold=0.4, minimum_iou_threshold=0.2),
    'OC-SORT': partial(
        trackers.OCSORTTracker, **COMMON, high_conf_det_threshold=0.0,
        minimum_iou_threshold=0.2),
    'BoT-SORT without images': partial(
        trackers.BoTSORTTracker, **COMMON, enable_cmc=False, track_activation_threshold=0.0,
        high_conf_det_threshold=0.0, minimum_iou_threshold_first_assoc=0.1),
    'C-BIoU': partial(
        trackers.CBIoUTracker, **COMMON, track_activation_threshold=0.0,
        high_conf_det_threshold=0.0, minimum_iou_threshold_first_assoc=0.1),
}


def count(sequence: Sequence[Seen], identities: Identities) -> dict[str, int]:
    """
    Count how ids change.

    :param sequence: detections of which it is known who they are.
    :param identities: gives the ids.
    :return: changes of a person's id; detections with the id of someone else; detections with an
        id; and all detections of people.
    """
    last: dict[int, str] = {}
    first: dict[str, int] = {}
    total = dict.fromkeys(('switches', 'wrong', 'named', 'all'), 0)
    for seen in sequence:
        found = identities.assign(Detections(seen.stamp_ns, seen.people))
        name_of = {person.box: person.id for person in found.people}
        for number, person in zip(seen.truth, seen.people, strict=True):
            if number == NOBODY:
                continue
            total['all'] += 1
            if (name := name_of.get(person.box)) is not None:
                total['named'] += 1
                total['switches'] += last.get(number, name) != name
                total['wrong'] += first.setdefault(name, number) != number
                last[number] = name
    return total


def real_walks() -> list[list[tuple[int, Detection]]]:
    """
    Find the people of the clip, one at a time.

    :return: stamp, from 0 on, and detection of each walk; none without the data folder.
    """
    path = data_folder() / CLIP
    if not path.is_file():
        return []
    finder, walks = Finder(find_model(FINDER_NAME), 0), list[list[tuple[int, Detection]]]()
    for number, image in enumerate(read_video(path)):
        # The clip has 10 images in a second.
        stamp_ns, found = number * 100_000_000, finder.find(image.image_HWC, LEAST_SCORE)
        if found:
            if not walks or stamp_ns - walks[-1][-1][0] > GAP_NS:
                walks.append([])
            walks[-1].append((stamp_ns, max(found, key=lambda person: person.score)))
    return [[(ns - walk[0][0], seen) for ns, seen in walk]
            for walk in walks if len(walk) >= LEAST_IMAGES]


def measure(
    name: str, sequences: Sequence[Sequence[Seen]], rate_hz: float, *, renames_tangled: bool,
) -> dict[str, object]:
    """
    Let a tracker give ids.

    :param name: of the tracker.
    :param sequences: each of another camera.
    :param rate_hz: their rate.
    :param renames_tangled: whether people who covered each other get new ids.
    :return: the figures.
    """
    start_sec, total = time.perf_counter(), dict.fromkeys(('switches', 'wrong', 'named', 'all'), 0)
    for sequence in sequences:
        counted = count(
            sequence, Identities(TRACKERS[name], renames_tangled=renames_tangled))
        total = {key: total[key] + counted[key] for key in total}
    elapsed_sec, num_images = time.perf_counter() - start_sec, sum(map(len, sequences))
    minutes = num_images / rate_hz / 60
    return {
        'tracker': name, 'new ids': 'yes' if renames_tangled else 'no', 'hz': rate_hz,
        'switches per min': total['switches'] / minutes,
        'wrong sec per min': total['wrong'] / rate_hz / minutes,
        'share with id': total['named'] / total['all'],
        'ms per update': 1e3 * elapsed_sec / num_images}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('--minutes', type=int, default=5, help='simulated, each of another seed')
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    arguments = parser.parse_args()
    walks, records = real_walks(), []
    for rate_hz in RATES_HZ:
        kinds = {'simulated': [
            simulate(seed, 3, 60.0, rate_hz) for seed in range(arguments.minutes)]}
        if len(walks) > 1:
            kinds['real boxes'] = [overlay((one, other), round(1e9 * delay_sec), rate_hz)
                                   for one in walks for other in walks for delay_sec in DELAYS_SEC
                                   if one is not other]
        for kind, sequences in kinds.items():
            for name in TRACKERS:
                for renames in (False, True):
                    record = {'people': kind, **measure(
                        name, sequences, rate_hz, renames_tangled=renames)}
                    records.append(record)
                    print(', '.join(f'{key} {value:.3g}' if isinstance(value, float) else
                                    f'{value}' for key, value in record.items()), flush=True)
    save(arguments.json, records)


if __name__ == '__main__':
    main()
