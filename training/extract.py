"""
Videos to frames and flow: ``python -m training.extract VIDEOS OUT``.

Every core works on a video of its own; with ``--dask ADDRESS`` so does every worker of a Dask
cluster that sees the same folders. Run it again after an interruption: finished videos are
skipped, half-written ones redone.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
import errno
import os
from pathlib import Path
import shutil
import sys

import cv2
from imrs_ros.dask_cluster import dask_cluster
from imrs_ros.records import Frame
from imrs_ros.resampler import Resampler
from imrs_ros.video import read_video, SUFFIXES, video_length, VideoError
from joblib import delayed, Parallel
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm
from training.clips.frame_store import (
    ExtractSettings, flow_path, frame_path, FrameStoreError, SETTINGS_FILE)
from training.clips.optical_flow import flow_to_uint8, make_flow
from training.clips.windows import MAX_GAP_SEC

FRAME_BYTES_PER_PX, FLOW_BYTES_PER_PX = 0.7, 0.4
"""What a JPEG of quality 95 takes at most, on average; to see a full disk coming."""


class DiskFullError(RuntimeError):
    """There is no room for what is to be written."""


@dataclass(frozen=True, slots=True)
class Task:
    """One video to extract."""

    video: Path
    folder: Path
    """Where its frames go."""
    num_frames: int
    """Frames it will give, after what its container states."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one video."""

    task: Task
    problem: str | None
    """Why nothing was written, or None."""


def extract_video(video: Path, folder: Path, settings: ExtractSettings) -> int:
    """
    Write the frames and the flow of one video; its folder appears when all is written.

    :param video: the file.
    :param folder: where to.
    :param settings: sizes, rate, flow.
    :return: how many frames were written.
    :raises VideoError: when the video cannot be read, or has no two frames for the flow.
    :raises OSError: when writing fails.
    """
    partial = folder.with_name(folder.name + '.partial')
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        count = _write_frames(grid_images(video, settings), partial, settings)
        if settings.flow is not None and count < 2:
            raise VideoError(f'{video}: expected at least two frames for flow, got {count}')
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return count


def grid_images(video: Path, settings: ExtractSettings) -> Iterator[NDArray[np.uint8]]:
    """
    Read a video on the time grid, as the node would.

    :param video: the file.
    :param settings: the rate, and how much of the video.
    :return: RGB images_HWC, uint8.
    :raises VideoError: when it cannot be read.
    """
    length, fps = video_length(video)
    kept = length if settings.max_sec is None else min(length, round(settings.max_sec * fps))
    resampler = Resampler(settings.fps, max_gap_sec=MAX_GAP_SEC)
    for source in read_video(video, (length - kept) // 2, None if kept == length else kept):
        for frame in resampler.push(Frame(source.stamp_ns, '', source.image_HWC)).frames:
            yield frame.image_HWC


def _write_frames(
    images_HWC: Iterable[NDArray[np.uint8]], folder: Path, settings: ExtractSettings,
) -> int:
    flow = make_flow(settings.flow) if settings.flow else None
    before_HW: NDArray[np.uint8] | None = None
    count = 0
    for image in images_HWC:
        height, width = image.shape[:2]
        frame = _resize(image, settings.frame_size(width, height))
        _write(frame_path(folder, count), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), settings)
        if flow is not None and settings.flow is not None:
            small = _resize(image, settings.flow_size(width, height))
            grey_HW = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
            if before_HW is not None:
                flow_HW2 = flow_to_uint8(flow(before_HW, grey_HW))
                for axis, component in zip('xy', cv2.split(flow_HW2)):
                    _write(flow_path(folder, settings.flow, axis, count - 1), component, settings)
            before_HW = grey_HW
        count += 1
    return count


def _resize(image_HWC: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    height, width = image_HWC.shape[:2]
    if (width, height) == size:
        return image_HWC
    shrinks = size[0] <= width and size[1] <= height
    return np.asarray(cv2.resize(
        image_HWC, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR), np.uint8)


def _write(path: Path, image: np.ndarray, settings: ExtractSettings) -> None:
    _, data = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, settings.jpeg_quality])
    # Unlike cv2.imwrite, this tells why it fails.
    path.write_bytes(data.tobytes())


def run_task(task: Task, settings: ExtractSettings) -> Outcome:
    """
    Extract one video in a process of its own; a bad video is an outcome, not an exception.

    :param task: the video.
    :param settings: sizes, rate, flow.
    :return: what became of it.
    :raises DiskFullError: when there is no room left.
    """
    cv2.setNumThreads(1)
    try:
        extract_video(task.video, task.folder, settings)
    except (VideoError, cv2.error) as error:
        return Outcome(task, str(error))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(f'{task.folder}: expected room to write, got: {error}; free some '
                                'and run the same command again, it resumes') from error
        return Outcome(task, str(error))
    return Outcome(task, None)


def plan(
    videos: Path, out: Path, settings: ExtractSettings, only: Sequence[str] = (),
) -> tuple[list[Task], list[Outcome]]:
    """
    Find the videos that still have to be extracted.

    :param videos: a folder; its tree is mirrored.
    :param out: folder of the extracted frames.
    :param settings: the rate, and how much of a video.
    :param only: names of class folders; default all.
    :return: tasks, and videos that cannot even be opened.
    :raises FileNotFoundError: when the folder holds no video.
    """
    found = sorted(p for p in videos.rglob('*') if p.suffix.lower() in SUFFIXES
                   and (not only or p.parent.name in only))
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
    length, fps = video_length(video)
    seconds = min(length / fps, settings.max_sec or float('inf'))
    return max(1, round(seconds * settings.fps))


def check_room(tasks: Sequence[Task], out: Path, settings: ExtractSettings) -> None:
    """
    See a full disk coming before hours of work are lost.

    :param tasks: what is to be extracted.
    :param out: where to.
    :param settings: sizes and rate.
    :raises DiskFullError: when the estimate is more than is free.
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
            f'{out}: expected about {needed / 1e9:.1f} GB free, got {free / 1e9:.1f} GB; free '
            'some, or extract smaller frames (--short-side)')


def extract(
    videos: Path, out: Path, settings: ExtractSettings, *, only: Sequence[str] = (),
    num_jobs: int = -1, dask: str | None = None,
) -> list[Outcome]:
    """
    Extract a folder of videos on all cores, or on a Dask cluster.

    :param videos: a folder; its tree is mirrored.
    :param out: folder of the extracted frames; finished videos in it are skipped.
    :param settings: sizes, rate, flow.
    :param only: names of class folders; default all.
    :param num_jobs: processes; -1 for one a core.
    :param dask: address of a Dask scheduler whose workers see the same folders; None for this
        machine alone.
    :return: the videos that could not be extracted, with the reason.
    :raises FrameStoreError: when ``out`` was made with other settings.
    :raises FileNotFoundError: when there are no videos.
    :raises DiskFullError: when there is no room.
    """
    out.mkdir(parents=True, exist_ok=True)
    if (out / SETTINGS_FILE).exists():
        before = ExtractSettings.load(out)
        if before != settings:
            raise FrameStoreError(
                f'{out}: expected to go on with {before}, got {settings}; give another folder')
    settings.save(out)
    tasks, problems = plan(videos.resolve(), out.resolve(), settings, only)
    check_room(tasks, out, settings)
    with dask_cluster(dask), tqdm(
            total=sum(task.num_frames for task in tasks), unit='frame', desc='extract') as bar:
        outcomes = Parallel(n_jobs=num_jobs, return_as='generator_unordered')(
            delayed(run_task)(task, settings) for task in tasks)
        for outcome in outcomes:
            bar.update(outcome.task.num_frames)
            if outcome.problem is not None:
                problems.append(outcome)
    return problems


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.extract', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('videos', type=Path, help='folder with <class>/<video>')
    parser.add_argument('out', type=Path, help='folder for <class>/<video>/*.jpg')
    parser.add_argument('--short-side', type=int, help='short side of frames, px, the aspect '
                        'kept; without it 256 x 256, as the paper')
    parser.add_argument('--flow', choices=('tvl1', 'dis', 'none'), default='tvl1',
                        help='dis is some hundred times faster and rougher')
    parser.add_argument('--flow-short-side', type=int, help='estimate flow on smaller images, px')
    parser.add_argument('--fps', type=float, default=25.0, help='rate of the time grid, Hz')
    parser.add_argument('--max-sec', type=float, help='only the middle of every video, s')
    parser.add_argument('--only', nargs='+', default=(), metavar='CLASS',
                        help='only these class folders')
    parser.add_argument('--jobs', type=int, default=-1, help='processes; -1: one a core')
    parser.add_argument('--dask', help='address of a Dask scheduler, as tcp://host:8786')
    arguments = parser.parse_args()
    try:
        settings = ExtractSettings(
            short_side_px=arguments.short_side, fps=arguments.fps, max_sec=arguments.max_sec,
            flow=None if arguments.flow == 'none' else arguments.flow,
            flow_short_side_px=arguments.flow_short_side)
        problems = extract(arguments.videos, arguments.out, settings,
                           only=arguments.only, num_jobs=arguments.jobs, dask=arguments.dask)
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f'extract: {error}')
    for outcome in problems:
        print(f'not extracted: {outcome.task.video}: {outcome.problem}', file=sys.stderr)
    if problems:
        sys.exit(f'extract: {len(problems)} videos could not be extracted, see above')


if __name__ == '__main__':
    os.environ.setdefault('OMP_NUM_THREADS', '1')
    main()
