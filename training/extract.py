# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Extract frames and optical flow from videos: ``python -m training.extract VIDEOS OUT``.

Every core extracts one video at a time; with ``--dask ADDRESS`` so does every worker of a Dask
cluster that sees the same folders. After an interruption, run the same command again: finished
videos are skipped, and unfinished ones are extracted again.
"""

import argparse
import os
from pathlib import Path
import sys

from training.clips.extract_settings import ExtractSettings
from training.clips.folder_extraction import extract
from training.clips.optical_flow import FLOW_METHODS


def main() -> None:
    """Run the command line."""
    defaults = ExtractSettings()
    parser = argparse.ArgumentParser(
        prog='python -m training.extract', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('videos', type=Path, help='folder with <class>/<video>')
    parser.add_argument('out', type=Path, help='folder for <class>/<video>/*.jpg')
    parser.add_argument('--short-side', type=int, help='short side of the frames in pixels, with '
                        'the aspect kept (default: 256 x 256, as in the paper)')
    parser.add_argument('--flow', choices=(*FLOW_METHODS, 'none'), default=defaults.flow,
                        help='dis is about a hundred times faster, but less accurate '
                        '(default: %(default)s)')
    parser.add_argument('--flow-short-side', type=int, help='compute flow on smaller images with '
                        'this short side, in pixels')
    parser.add_argument('--fps', type=float, default=defaults.fps,
                        help='rate of the time grid in Hz (default: %(default)s)')
    parser.add_argument('--max-sec', type=float,
                        help='extract only the middle of every video, of this duration in seconds')
    parser.add_argument('--only', nargs='+', default=(), metavar='CLASS',
                        help='extract only these class folders')
    parser.add_argument('--jobs', type=int, default=-1,
                        help='number of processes (default: one per core)')
    parser.add_argument('--dask', help='address of a Dask scheduler, such as tcp://host:8786')
    arguments = parser.parse_args()
    try:
        settings = ExtractSettings(
            short_side_px=arguments.short_side, fps=arguments.fps, max_sec=arguments.max_sec,
            flow=None if arguments.flow == 'none' else arguments.flow,
            flow_short_side_px=arguments.flow_short_side)
        failed = extract(arguments.videos, arguments.out, settings,
                         only=arguments.only, num_jobs=arguments.jobs, dask=arguments.dask)
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f'extract: {error}')
    for outcome in failed:
        print(f'not extracted: {outcome.task.video}: {outcome.error}', file=sys.stderr)
    if failed:
        sys.exit(f'extract: {len(failed)} videos could not be extracted, see above')


if __name__ == '__main__':
    os.environ.setdefault('OMP_NUM_THREADS', '1')
    main()
