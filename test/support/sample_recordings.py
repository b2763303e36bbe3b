# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Bags and tracks for the tests of evaluation."""

from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.offline.recording_result import Job
from imrs_ros.evaluation.recordings.bag_writer import BagWriter
from imrs_ros.parameter_file import read_settings
from imrs_ros.records import Frame, NO_ACTION
import numpy as np

SEC = 1_000_000_000
START_NS = 1_700_000_000 * SEC
TOPIC = '/front/image_raw'
EAGER = {'enter_threshold': 0.01, 'leave_threshold': 0.001, 'smoothing_sec': 0.0,
         'min_duration_sec': 0.0, 'backend': 'torch', 'num_threads': 1}
"""Decides the best class of every window at once."""


def image(seed, size=(48, 64)):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)


def camera_frames(number=30, period_sec=0.04, first_sec=0.0, offset_sec=0.0):
    """Yield recording times and frames, all different."""
    for i in range(number):
        log_ns = START_NS + round((first_sec + i * period_sec) * SEC)
        yield log_ns, Frame(log_ns + round(offset_sec * SEC), 'front', image(i))


def write_bag(path, frames=None, topics=(TOPIC,), storage='mcap', compress=False, texts=()):
    """Write frames on every topic; return the path."""
    with BagWriter(path, storage, compress=compress) as bag:
        for log_ns, text in texts:
            bag.text('/truth', text, log_ns)
        for log_ns, frame in camera_frames() if frames is None else frames:
            for topic in topics:
                bag.image(topic, frame, log_ns)
    return path


def make_job(card, topics=(), annotations=None, by_log_time=False, annotation_topic='', **changes):
    return Job(card=card, settings=read_settings(None, {**EAGER, **changes}), topics=topics,
               annotations=annotations, by_log_time=by_log_time, annotation_topic=annotation_topic)


def segment(start_sec, end_sec, label):
    return Segment(round(start_sec * SEC), round(end_sec * SEC), label)


def track(labels, annotated=(), period_sec=1.0, classes=('wave', 'fall', 'lift'), scores=None,
          first_sec=0.0, duration_sec=None, hold_sec=10.0, settle_sec=1.0):
    """Return a track with one window per period, where each label has a probability of 0.9."""
    number = len(labels)
    times_N = np.array(
        [round((first_sec + i * period_sec) * SEC) for i in range(number)], np.int64)
    if scores is None:
        scores = [[0.9 if c == label else 0.05 for c in classes] for label in labels]
    end_sec = first_sec + number * period_sec if duration_sec is None else duration_sec
    return Track(
        classes=classes, duration_ns=round(end_sec * SEC), hold_ns=round(hold_sec * SEC),
        settle_ns=round(settle_sec * SEC), times_N=times_N, known_N=times_N,
        probabilities_NK=np.array(scores, np.float32).reshape(number, len(classes)),
        decided_labels=tuple(labels),
        confidences_N=np.array([0.1 if x == NO_ACTION else 0.9 for x in labels]),
        annotated=None if annotated is None else tuple(annotated))
