# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The frames of a clip, and their augmentation."""

from random import Random

from hypothesis import given, settings, strategies as st
from imrs_ros.images.preprocessing import shrink
from imrs_ros.video import Timeline
import numpy as np
import pytest
from samples import write_video
from training.clips.augmentation import Augmentation, CROP_POSITIONS, CROP_SCALES
from training.clips.clip_reader import read_on_grid, VideoReader
from training.clips.clip_sampling import grid_indices, random_start
from training.clips.windows import reader_windows, video_windows, window_starts
from training.data_set.splits import LabelledVideo
from training.learning.accuracy import rank_of

IDENTITY = {'scale': 1.0, 'position': (0.5, 0.5), 'flip': False, 'brightness': 0.0,
         'contrast': 1.0, 'saturation': 1.0}


@pytest.mark.parametrize(('video_fps', 'expected'), [
    (25.0, list(range(16))), (50.0, list(range(0, 32, 2))),
    (29.97, [0, 1, 2, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 18]),
    (12.5, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7])])
@pytest.mark.parametrize('num_frames', [40, 3, 1], ids=['long', 'short', 'single'])
def test_indices_are_the_nearest_frames(video_fps, expected, num_frames):
    timeline = Timeline(np.round(np.arange(num_frames) * 1e9 / video_fps).astype(np.int64),
                        round(num_frames * 1e9 / video_fps), 0)
    assert grid_indices(0, 16, 25.0, timeline) == expected
    assert grid_indices(4, 12, 25.0, timeline) == expected[4:]
    assert all(abs(i / video_fps - t / 25) <= 0.5 / video_fps + 1e-9
               for t, i in enumerate(expected))


def test_indices_follow_the_times_of_a_variable_rate():
    times_N = np.array([0, 20, 40, 190, 210, 230, 380]) * 1_000_000
    timeline = Timeline(times_N, 400_000_000, 0)
    ticks_ms = [40 * i for i in range(10)]
    assert grid_indices(0, 10, 25.0, timeline) == [
        min(range(7), key=lambda n: (abs(times_N[n] / 1e6 - tick), n)) for tick in ticks_ms]


@given(st.integers(1, 500), st.integers(1, 60), st.integers(0, 10**6))
def test_random_start_fits(length, span, seed):
    start = random_start(length, span, Random(seed))
    assert start >= 0
    assert start == 0 or start + span <= length


@given(st.integers(0, 10**6), st.integers(20, 90), st.integers(20, 90))
@settings(deadline=None, max_examples=40)
def test_any_draw_gives_a_clip(seed, height, width):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    clip = Augmentation.draw(Random(seed), 0.5, 0.3).apply([image] * 3, 24)
    assert clip.shape == (3, 24, 24, 3)
    assert clip.dtype == np.uint8
    assert clip.flags.c_contiguous
    assert (clip == clip[0]).all(), 'all frames must get the same draw'


def test_flip_mirrors_and_identity_changes_nothing():
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    assert (Augmentation(**IDENTITY).apply([image], 32)[0] == image).all()
    flipped = Augmentation(**{**IDENTITY, 'flip': True}).apply([image], 32)[0]
    assert (flipped == image[:, ::-1]).all()


def test_corner_crops_take_corners():
    image = np.zeros((40, 40, 3), np.uint8)
    image[:20, 20:] = 200
    corner = Augmentation(**{**IDENTITY, 'scale': 0.5, 'position': (0.0, 1.0)})
    assert (corner.apply([image], 20)[0] == 200).all()
    assert len(CROP_SCALES) == 5
    assert CROP_SCALES[-1] == 0.5
    assert len(set(CROP_POSITIONS)) == 5


def test_smallest_crop_limits_the_zoom():
    drawn = {Augmentation.draw(Random(i), 0.7, 0.0).scale for i in range(100)}
    assert drawn == set(CROP_SCALES[:3])
    assert {Augmentation.draw(Random(i), 1.0, 0.0).scale for i in range(20)} == {1.0}


def test_colour_changes():
    image = np.full((8, 8, 3), (100, 150, 50), np.uint8)
    brighter = Augmentation(**{**IDENTITY, 'brightness': 20.0}).apply([image], 8)[0, 0, 0]
    assert brighter.tolist() == [120, 170, 70]
    grey = Augmentation(**{**IDENTITY, 'saturation': 0.0}).apply([image], 8)[0, 0, 0].astype(int)
    assert np.ptp(grey) <= 1
    flat = Augmentation(**{**IDENTITY, 'contrast': 0.0}).apply([image], 8)[0, 0, 0]
    assert flat.tolist() == [128, 128, 128]


def windows_of(path, num_frames):
    return video_windows(num_frames=num_frames, fps=25.0, size_px=24)(
        LabelledVideo(path, 0, None))


def test_evaluation_windows_do_not_overlap(tmp_path):
    path = write_video(tmp_path / 'a.avi', num_frames=40)
    images = [shrink(image_HWC, 24) for image_HWC in read_on_grid(path, 25.0)]
    windows = windows_of(path, 16)
    assert len(images) == 40
    assert windows.shape == (2, 16, 24, 24, 3)
    assert (windows.reshape(32, 24, 24, 3) == images[:32]).all()


@pytest.mark.parametrize(('length', 'num_frames', 'max_clips', 'expected'), [
    (40, 16, None, [0, 16]), (40, 8, 1, [16]), (160, 16, 2, [32, 112]), (6, 16, None, [0]),
    (32, 16, 5, [0, 16])])
def test_windows_are_evenly_spaced(length, num_frames, max_clips, expected):
    assert window_starts(length, num_frames, max_clips) == expected


@pytest.mark.parametrize('fps', [25.0, 29.97, 50.0, 12.5])
def test_training_and_evaluation_read_the_same_frames(tmp_path, fps):
    path = write_video(tmp_path / 'a.avi', num_frames=60, fps=fps)
    video, reader = LabelledVideo(path, 0, None), VideoReader(25.0)
    evaluated = windows_of(path, 16)
    windows = reader_windows(reader, num_frames=16, size_px=24)(video)
    assert len(windows) == len(evaluated)
    assert (windows == evaluated).all()
    assert reader.read(video, reader.num_ticks(video) - 4, 16)[-1].shape == (48, 64, 3)


def test_short_video_loops(tmp_path):
    windows = windows_of(write_video(tmp_path / 'short.avi', num_frames=6), 16)
    assert windows.shape[0] == 1
    assert (windows[0, 6] == windows[0, 0]).all()


def test_ties_rank_the_correct_class_last():
    assert rank_of(np.array([3.0, 2.0, 1.0], np.float32), 0) == 0
    assert rank_of(np.array([3.0, 2.0, 1.0], np.float32), 2) == 2
    assert rank_of(np.array([1.0, 1.0, 0.0], np.float32), 0) == 1


def test_nan_scores_rank_last():
    assert rank_of(np.full(3, np.nan, np.float32), 1) == 2
