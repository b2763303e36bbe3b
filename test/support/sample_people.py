# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Tracks of people for the tests of evaluation."""

from dataclasses import fields

from imrs_ros.evaluation.metrics.person_track import PersonTrack
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.people.detection import Box
import numpy as np
from sample_recordings import SEC, track

LEFT, MIDDLE, RIGHT = Box(0.0, 0.0, 0.3, 1.0), Box(0.35, 0.0, 0.65, 1.0), Box(0.7, 0.0, 1.0, 1.0)


def person_track(labels, annotated=(), *, camera='walk /front', name='ann', is_annotated=True,
                 seen_sec=None, numbers=None, departed=(), **options):
    """Return a track of a person with one window per period, as ``track`` makes it."""
    made = track(labels, annotated, **options)
    number = len(labels)
    seen = (0, made.duration_ns) if seen_sec is None else tuple(
        round(sec * SEC) for sec in seen_sec)
    return PersonTrack(
        **{field.name: getattr(made, field.name) for field in fields(Track)}, camera=camera,
        name=name, is_annotated=is_annotated, seen=seen, departed=frozenset(departed),
        numbers_N=np.array([0] * number if numbers is None else numbers, np.int64),
        is_restart_N=np.zeros(number, bool), boxes=(LEFT,) * number)
