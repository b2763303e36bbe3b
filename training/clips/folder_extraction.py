# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A folder of videos to frames and optical flow, on all cores or on a Dask cluster."""

from collections.abc import Sequence
from dataclasses import dataclass
import errno
import math
from pathlib import Path
import shutil

import cv2
from imrs_ros.dask_cluster import dask_cluster
from imrs_ros.video import read_video, SUFFIXES, video_files, video_timeline, VideoError
from joblib import delayed, Parallel
import numpy as np
from tqdm import tqdm
from training.clips.extract_settings import ExtractSettings, FrameStoreError, SETTINGS_FILE
from training.clips.extraction import extract_video

FRAME_BYTES_PER_PX, FLOW_BYTES_PER_PX = 0.7, 0.4
"""Upper bounds of the average size of a JPEG of quality 95, to estimate disk space."""


class DiskFullError(RuntimeError):
    """There is not enough disk space."""


@dataclass(frozen=True, slots=True)
class Task:
    """One video to extract."""

    video: Path
    """The file."""
    folder: Path
    """Where its frames go."""
    num_frames: int
    """Number of frames expected from the length its container states."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one task."""

    task: Task
    """The video."""
    error: str | None
    """Why it could not be extracted; None if it was."""


def extract(
    videos: Path, out: Path, settings: ExtractSettings, *, only: Sequence[str] = (),
    num_jobs: int = -1, dask: str | None = None,
) -> list[Outcome]:
    """
    Extract a folder of videos, behind a progress bar.

    :param videos: a folder; its tree is mirrored.
    :param out: folder for the extracted frames; videos already in it are skipped.
    :param settings: sizes, rate, flow.
    :param only: names of class folders; default all.
    :param num_jobs: number of processes; -1 for one per core.
    :param dask: address of a Dask scheduler whose workers see the same folders; None for this
        machine alone.
    :return: the videos that could not be extracted.
    :raises FrameStoreError: when ``out`` was written with other settings.
    :raises FileNotFoundError: when there are no videos.
    :raises DiskFullError: when there is not enough disk space.
    """
    out.mkdir(parents=True, exist_ok=True)
    if (out / SETTINGS_FILE).exists():
        before = ExtractSettings.load(out)
        if before != settings:
            raise FrameStoreError(
                f'{out}: expected the settings of the frames in it, {before}, got {settings}; '
                'choose another folder')
    settings.save(out)
    tasks, failed = find_tasks(videos.resolve(), out.resolve(), settings, only)
    check_disk_space(tasks, out, settings)
    with dask_cluster(dask), tqdm(
            total=sum(task.num_frames for task in tasks), unit='frame', desc='extract',
            disable=None) as bar:
        outcomes = Parallel(n_jobs=num_jobs, return_as='generator_unordered')(
            delayed(run_task)(task, settings) for task in tasks)
        for outcome in outcomes:
            bar.update(outcome.task.num_frames)
            if outcome.error is not None:
                failed.append(outcome)
    return failed


def find_tasks(
    videos: Path, out: Path, settings: ExtractSettings, only: Sequence[str] = (),
) -> tuple[list[Task], list[Outcome]]:
    """
    Find the videos that are not extracted yet.

    :param videos: a folder; its tree is mirrored.
    :param out: folder for the extracted frames.
    :param settings: rate and duration.
    :param only: names of class folders; default all.
    :return: tasks, and the videos that cannot be opened.
    :raises FileNotFoundError: when the folder holds no video.
    """
    found = [p for p in video_files(videos) if not only or p.parent.name in only]
    unknown = sorted(set(only) - {path.parent.name for path in found})
    if unknown:
        raise FileNotFoundError(f'{videos}: expected videos in the class folders {unknown}, got '
                                'none; correct --only')
    if not found:
        raise FileNotFoundError(f'{videos}: expected videos ({", ".join(SUFFIXES)}), got none')
    tasks, unreadable = [], []
    for video in found:
        folder = out / video.relative_to(videos).with_suffix('')
        if folder.is_dir():
            continue
        try:
            tasks.append(Task(video, folder, _num_grid_frames(video, settings)))
        except VideoError as error:
            unreadable.append(Outcome(Task(video, folder, 0), str(error)))
    return tasks, unreadable


def _num_grid_frames(video: Path, settings: ExtractSettings) -> int:
    duration_sec = video_timeline(video).duration_ns / 1e9
    return max(1, round(min(duration_sec, settings.max_sec or math.inf) * settings.fps))


def check_disk_space(tasks: Sequence[Task], out: Path, settings: ExtractSettings) -> None:
    """
    Check that the frames fit on the disk, before hours of work are lost.

    :param tasks: the videos to extract.
    :param out: folder for the frames.
    :param settings: sizes and flow.
    :raises DiskFullError: when the estimated size exceeds the free space.
    """
    needed = 0.0
    for task in tasks:
        image = next(read_video(task.video, 0, 1), None)
        if image is not None:
            height, width = image.image_HWC.shape[:2]
            frame_px = np.prod(settings.frame_size(width, height))
            flow_px = np.prod(settings.flow_size(width, height)) if settings.flow else 0
            needed += task.num_frames * (
                FRAME_BYTES_PER_PX * frame_px + 2 * FLOW_BYTES_PER_PX * flow_px)
    free = shutil.disk_usage(out).free
    if needed > free:
        raise DiskFullError(
            f'{out}: expected about {needed / 1e9:.1f} GB of free disk space, got '
            f'{free / 1e9:.1f} GB; free some, or extract smaller frames (--short-side)')


def run_task(task: Task, settings: ExtractSettings) -> Outcome:
    """
    Extract one video in a worker process; a bad video is an outcome, not an exception.

    :param task: the video.
    :param settings: sizes, rate, flow.
    :return: the outcome.
    :raises DiskFullError: when the disk is full.
    """
    cv2.setNumThreads(1)
    try:
        extract_video(task.video, task.folder, settings)
    except (VideoError, cv2.error) as error:
        return Outcome(task, str(error))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(
                f'{task.folder}: expected disk space to write, got: {error}; free some and run '
                'the same command again; it resumes') from error
        return Outcome(task, str(error))
    return Outcome(task, None)
