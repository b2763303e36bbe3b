# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Which frames of recordings the page shows: a film of each, and clips of what went wrong."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

NS = 1_000_000_000
FILM_NS = NS
"""Between two frames of the film."""
MAX_FILM = 1800
"""Frames in the films of all recordings together: of more than half an hour, they lie further
apart."""
CLIP_FRAMES, MIN_CLIP_FRAMES = 12, 3
"""Of one clip, at most; and at least, however many clips there are."""
MAX_CLIP_FRAMES = 400
"""In the clips of all recordings together, or half as many as the films have."""
LEAD_NS = NS
"""Before a decision, so that the clip shows what its window contained."""


def choose_frames(cameras: Sequence[tuple[Mapping[str, Any], Sequence[int]]]) -> list[list[int]]:
    """
    Choose the frames of a page.

    :param cameras: of all recordings: what the report says of each, and the times of its
        thumbnails, ns, rising.
    :return: times of the chosen frames of each, rising.
    """
    length_ns = sum(times[-1] - times[0] for _, times in cameras if times)
    step_ns = max(FILM_NS, length_ns // MAX_FILM)
    films = [_film(times, step_ns) for _, times in cameras]
    spans = [list(wrong_spans(camera)) for camera, _ in cameras]
    num_frames = max(MAX_CLIP_FRAMES, sum(map(len, films)) // 2)
    per_clip = min(CLIP_FRAMES, max(
        MIN_CLIP_FRAMES, num_frames // max(1, sum(map(len, spans)))))
    found = []
    for (camera, times), film, own in zip(cameras, films, spans):
        chosen, left = set(film), num_frames
        for start_ns, end_ns in own:
            if left >= per_clip:
                chosen |= _spread(times, start_ns, end_ns, per_clip)
                left -= per_clip
        # What was decided begins with the frame that it was decided on.
        chosen |= {_nearest(times, round(one[0] * NS)) for one in camera['decided'] if times}
        num_frames = left
        found.append(sorted(chosen))
    return found


def wrong_spans(camera: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """
    Return when a camera, or one of its people, was wrong.

    :param camera: as the report has it.
    :return: start and end of the clip of each missed, false or wrong action, ns.
    """
    for one in (camera, *camera.get('people', ())):
        for start, end, *_ in one['missed']:
            yield round(start * NS), round(end * NS)
        for start, end, label, _, is_false in one['decided']:
            if one['truth'] is not None and (is_false or not _is_right(one, start, end, label)):
                yield max(0, round(start * NS) - LEAD_NS), round(end * NS)


def _is_right(one: Mapping[str, Any], start: float, end: float, label: str) -> bool:
    return any(known == label and first < end and start < last
               for first, last, known in one['truth'])


def _film(times: Sequence[int], step_ns: int) -> list[int]:
    film: list[int] = []
    for time_ns in times:
        if not film or time_ns - film[-1] >= step_ns:
            film.append(time_ns)
    return film


def _spread(times: Sequence[int], start_ns: int, end_ns: int, number: int) -> set[int]:
    """Return up to that many frames, evenly over a time."""
    if not times:
        return set()
    span_ns = max(0, end_ns - start_ns)
    return {_nearest(times, start_ns + span_ns * k // max(1, number - 1)) for k in range(number)}


def _nearest(times: Sequence[int], time_ns: int) -> int:
    after = min(bisect_left(times, time_ns), len(times) - 1)
    return min(times[max(0, after - 1)], times[after], key=lambda one: abs(one - time_ns))
