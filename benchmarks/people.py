# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
What people cost: ``PYTHONPATH=. python benchmarks/people.py --people 0 1 2 4 8``.

A camera of 640 x 480 at 25 Hz and a detector at 8 Hz feed the recogniser in real time, in one
process, with the worker of the node; people walk back and forth. Prints, for each number of
people, the windows a second of each, the age of their newest frame when the decision is there,
what the thread that receives spends on a frame and on detections, and the memory.
"""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
import json
import math
from pathlib import Path
import threading
import time

from imrs_ros.backends import load_backend
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.node.worker import Worker
from imrs_ros.people.detection import Box, Detection, Detections
from imrs_ros.recognizer import Recognizer
from imrs_ros.records import Decision, Frame
from imrs_ros.settings import BackendSettings, PeopleSettings, WindowSettings
import numpy as np
import psutil

WIDTH, HEIGHT, RATE_HZ, DETECT_EVERY = 640, 480, 25, 3
WARM_UP_SEC = 3.0
NUM_IMAGES = 50
PERCENTILES = {'p50': 50, 'p95': 95, 'max': 100}


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleLoad:
    """Measurements with a number of people."""

    num_people: int
    picture_hz: float
    """Windows of the whole picture per second."""
    person_hz: float
    """Windows of a person per second: the least of all."""
    age_ms: Mapping[str, float]
    """Of the newest frame of a person's window when the decision is there."""
    model_ms: float
    """Median time of the model for a window, of the picture or a person."""
    push_ms: float
    """Median time that the receiving thread spends on a frame."""
    detect_ms: float
    """Median time that it spends on the detections of an image."""
    rss_mb: float
    """Memory of the process at the end."""


class Scene:
    """What a recogniser with people is fed, and what it says."""

    def __init__(self, card: ModelCard, num_people: int, hop: int, threads: int) -> None:
        """
        Load the model on the worker's thread.

        :param card: the model.
        :param num_people: people in the picture; 0 for the whole picture alone.
        :param hop: frames between two windows.
        :param threads: of the network.
        """
        self._num_people = num_people
        self._lock = threading.Lock()
        self._pushed_sec: dict[int, float] = {}
        self.decisions: list[tuple[Decision, float]] = []
        self.push_sec: list[float] = []
        self.detect_sec: list[float] = []

        def load() -> Recognizer:
            backend = load_backend(card, BackendSettings(num_threads=threads)).backend
            return Recognizer(
                card, backend, ('front',), window=WindowSettings(hop=hop),
                people=PeopleSettings(max_people=num_people) if num_people else None)

        def raise_error(error: Exception) -> None:
            raise error
        self.worker = Worker(load, self._keep, raise_error)

    def _keep(self, decisions: list[Decision]) -> None:
        now_sec = time.monotonic()
        with self._lock:
            self.decisions += [(decision, now_sec - self._pushed_sec[decision.scores.stamp_ns])
                               for decision in decisions]

    def forget(self) -> None:
        """Forget what was measured so far."""
        with self._lock:
            for kept in (self.decisions, self.push_sec, self.detect_sec):
                kept.clear()

    def play(self, images: Iterator[tuple[int, np.ndarray]], seconds: float) -> None:
        """
        Feed frames in real time.

        :param images: numbers and pictures.
        :param seconds: how long.
        """
        start_sec = time.monotonic()
        for index, (number, image_HWC) in enumerate(images):
            due_sec = start_sec + index / RATE_HZ
            if index / RATE_HZ >= seconds:
                return
            time.sleep(max(0.0, due_sec - time.monotonic()))
            stamp_ns = round((number + 1) * 1e9 / RATE_HZ)
            with self._lock:
                self._pushed_sec[stamp_ns] = begin_sec = time.monotonic()
            pushed = self.worker.recognizer.push('front', Frame(stamp_ns, 'front', image_HWC))
            self.push_sec.append(time.monotonic() - begin_sec)
            is_due = pushed.is_window_due
            if self._num_people and number % DETECT_EVERY == 0:
                begin_sec = time.monotonic()
                is_due |= self.worker.recognizer.detect('front', Detections(
                    stamp_ns, tuple(self._people(stamp_ns / 1e9))))
                self.detect_sec.append(time.monotonic() - begin_sec)
            if is_due:
                self.worker.notify()

    def _people(self, now_sec: float) -> Iterator[Detection]:
        for person in range(self._num_people):
            left = (0.4 + 0.4 * math.sin(0.3 * now_sec + 2.4 * person)) * (1 - 0.2)
            yield Detection(Box(left, 0.2, left + 0.2, 0.9), 0.9, str(person))


def measure(card: ModelCard, num_people: int, options: argparse.Namespace) -> PeopleLoad:
    """
    Run the recogniser with some people.

    :param card: the model.
    :param num_people: people in the picture.
    :param options: of the command line.
    :return: measurements after warm-up.
    """
    scene = Scene(card, num_people, options.hop, options.threads)
    pictures = [np.random.default_rng(i).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
                for i in range(NUM_IMAGES)]
    frames = ((number, pictures[number % NUM_IMAGES]) for number in range(10 ** 9))
    scene.play(frames, WARM_UP_SEC)
    scene.forget()
    scene.play(frames, options.seconds)
    scene.worker.stop()
    of_people = [(d, age) for d, age in scene.decisions if d.scores.person is not None]
    counts = [sum(d.scores.person is not None and d.scores.person.id == str(person)
                  for d, _ in of_people) for person in range(num_people)]
    ages_ms = [1000 * age for _, age in of_people] or [math.nan]
    return PeopleLoad(
        num_people=num_people,
        picture_hz=(len(scene.decisions) - len(of_people)) / options.seconds,
        person_hz=min(counts) / options.seconds if counts else math.nan,
        age_ms={name: float(np.percentile(ages_ms, q)) for name, q in PERCENTILES.items()},
        model_ms=1000 * float(np.median([d.scores.inference_sec for d, _ in scene.decisions]
                                        or [math.nan])),
        push_ms=1000 * float(np.median(scene.push_sec)),
        detect_ms=1000 * float(np.median(scene.detect_sec or [math.nan])),
        rss_mb=psutil.Process().memory_info().rss / 1e6)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Measure what people cost.')
    parser.add_argument('--people', type=int, nargs='+', default=[0, 1, 2, 4, 8])
    parser.add_argument('--seconds', type=float, default=10.0, help='measured per case')
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--threads', type=int, default=0, help='of the network; 0: its default')
    parser.add_argument('--hop', type=int, default=5)
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    card = ModelCard.load(find_model(options.model))
    print('people  picture/s  person/s  age p50    p95    max ms  model ms  push ms  detect ms  '
          'RSS MB')
    loads = []
    for number in options.people:
        load = measure(card, number, options)
        loads.append(load)
        ages = ' '.join(f'{ms:6.1f}' for ms in load.age_ms.values())
        print(f'{number:6} {load.picture_hz:10.2f} {load.person_hz:9.2f}  {ages} '
              f'{load.model_ms:12.1f} {load.push_ms:8.2f} {load.detect_ms:10.2f} '
              f'{load.rss_mb:7.0f}', flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(load) for load in loads], indent=2) + '\n')


if __name__ == '__main__':
    main()
