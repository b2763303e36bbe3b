# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Decisions on people, made anew from their scores: as the recognizer's, for each appearance."""

from dataclasses import replace

from imrs_ros.evaluation.decide_anew import decide_all, decide_people
from imrs_ros.evaluation.ground_truth.annotation import Annotation
from imrs_ros.evaluation.ground_truth.annotation_file import write_annotations
from imrs_ros.evaluation.offline.recording_result import evaluate_recording
from imrs_ros.evaluation.recordings.bag_writer import BagWriter
from imrs_ros.people.detection import Box, Detection
from imrs_ros.records import NO_ACTION
from imrs_ros.settings import DecisionSettings
import numpy as np
import pytest
from sample_people import person_track
from sample_recordings import camera_frames, make_job, TOPIC

LEFT, RIGHT = Box(0.0, 0.0, 0.45, 1.0), Box(0.55, 0.0, 1.0, 1.0)
AT_ONCE = DecisionSettings(enter_threshold=0.8, leave_threshold=0.4, smoothing_sec=0.0,
                           min_duration_sec=0.0)
SMOOTH = {'smoothing_sec': 0.7, 'enter_threshold': 0.345, 'leave_threshold': 0.34}


@pytest.fixture(scope='module')
def bag(tmp_path_factory):
    """
    Return a bag with a gap of a second, in which bob leaves, and ann's annotations end.

    So an appearance has a restart, an id has two appearances, and an appearance two tracks.
    """
    path = tmp_path_factory.mktemp('bags') / 'walk'
    with BagWriter(path) as bag:
        for i, (log_ns, frame) in enumerate((
                *camera_frames(60), *camera_frames(60, first_sec=3.4))):
            bag.image(TOPIC, frame, log_ns)
            bob = [Detection(RIGHT, 0.9, 'bob')] if i % 50 < 36 else []
            bag.detections('/front/detections', frame, [Detection(LEFT, 0.9, 'ann'), *bob], log_ns)
    write_annotations(path / 'annotations.csv', [
        Annotation(0.7, 1.5, 'wave', person='ann', box=LEFT),
        Annotation(0.0, 3.9, 'no_action', person='ann', box=LEFT)])
    return path


@pytest.mark.parametrize('changes', [
    {}, SMOOTH, {**SMOOTH, 'min_duration_sec': 0.4},
    {'class_thresholds': 'wave=0.35', 'enabled_classes': 'wave, fall'}, {'min_motion': 1.0}])
def test_repeated_decisions_are_those_of_the_recognizer(bag, tiny_card, changes):
    # Longer than the gap: who is there after it has not left.
    job = replace(make_job(tiny_card, min_person_px=8, person_timeout_sec=1.1, **changes),
                  people='topic')
    result = evaluate_recording(bag, job)
    assert not result.error
    ann, *others = result.people
    # What the tracks are to hold for this test to mean something.
    assert ann.is_restart_N.sum() == 1
    assert ann.numbers_N[-1] in [track.numbers_N[0] for track in others]
    assert [track.name for track in others].count('bob') >= 1
    repeated = decide_people(result.people, job.settings.decision)
    assert [track.decided_labels for track in repeated] == [
        track.decided_labels for track in result.people]
    for one, other in zip(repeated, result.people):
        assert np.allclose(one.confidences_N, other.confidences_N, atol=1e-5)
        assert [(d.start_ns, d.end_ns, d.label) for d in one.decided] == [
            (d.start_ns, d.end_ns, d.label) for d in other.decided]
        assert one.excused == other.excused
    # The whole picture, and people, of a recording together.
    everything = [track for _, track in result.cameras] + result.people
    assert [track.decided_labels for track in decide_all(everything, job.settings.decision)] == [
        track.decided_labels for track in everything]


def labels_of(tracks):
    return [track.decided_labels for track in decide_people(tracks, AT_ONCE)]


def scored(best_N, **changes):
    """Return a track decided from probabilities of waving, one a second."""
    return person_track([NO_ACTION] * len(best_N), scores=[[p, 1 - p, 0] for p in best_N],
                        **changes)


def test_each_appearance_begins_anew():
    # 0.6 holds what was decided, and decides nothing.
    best_N = [0.9, 0.6, 0.6, 0.6]
    assert labels_of([scored(best_N)]) == [('wave',) * 4]
    assert labels_of([scored(best_N, numbers=[0, 0, 1, 1])]) == [
        ('wave', 'wave', NO_ACTION, NO_ACTION)]
    # An appearance that is taken for another person goes on.
    ann, bob = scored([0.9, 0.6]), scored([0.6, 0.6], name='bob', first_sec=2.0)
    assert labels_of([bob, ann]) == [('wave',) * 2] * 2
    rear = replace(bob, camera='walk /rear')
    assert labels_of([ann, rear]) == [('wave',) * 2, (NO_ACTION,) * 2]


def test_a_restart_discards_older_scores():
    track = scored([0.9, 0.6, 0.6])
    restarted = replace(track, is_restart_N=np.array([False, True, False]))
    assert labels_of([track]) == [('wave',) * 3]
    assert labels_of([restarted]) == [('wave', NO_ACTION, NO_ACTION)]


def test_people_without_windows_stay_so():
    assert labels_of([scored([])]) == [()]
    assert decide_people([], AT_ONCE) == []
