# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Train one stream: ``python -m training.train CONFIG --data DIR [--frames DIR] --out DIR``.

The config selects a teacher, an RGB baseline, or a student of teachers (IMRS, MARS). The folder of
the run holds ``last.pt`` (the same command resumes from it), ``best.pt`` (the epoch with the best
validation accuracy, or the last one: ``chosen_epoch``), ``config.yaml`` and a TensorBoard log.
"""

import argparse
from dataclasses import replace
from pathlib import Path
import sys

from imrs_ros.malloc import keep_freed_memory
from training.clips.run_data import RunData
from training.config import RunConfig
from training.learning.fabric import make_fabric
from training.learning.trainer import Trainer


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.train', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('config', type=Path, help='YAML file with the settings of the run')
    parser.add_argument('--data', type=Path, required=True, help='folder with videos/ and splits/')
    parser.add_argument('--frames', type=Path, help='folder written by training.extract')
    parser.add_argument('--out', type=Path, required=True, help='folder of the run')
    parser.add_argument('--teacher', nargs='+', metavar='RUN', help='folders of flow runs to '
                        'imitate, instead of those in the config')
    parser.add_argument('--workers', type=int, default=1,
                        help='number of processes that read clips (default: %(default)s)')
    parser.add_argument('--accelerator', default='auto',
                        help='cpu, cuda or auto (default: %(default)s)')
    parser.add_argument('--devices', type=int, default=1,
                        help='number of processes, one per device (default: %(default)s)')
    arguments = parser.parse_args()
    try:
        config = RunConfig.load(arguments.config)
        if arguments.teacher:
            config = replace(config, teachers=tuple(arguments.teacher))
        fabric = make_fabric(config, arguments.accelerator, arguments.devices)
        fabric.launch()
        keep_freed_memory()
        data = RunData.read(config, arguments.data, arguments.frames)
        fabric.print(f'{len(data.train)} training and {len(data.validation)} validation videos',
                     flush=True)
        unseen = data.classes_without(data.validation)
        if unseen:
            fabric.print(f'warning: no validation video of {", ".join(unseen)}; the best epoch is '
                         'chosen without regard to them', flush=True)
        Trainer(config, data, arguments.out, fabric=fabric, num_workers=arguments.workers).run()
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f'train: {error}')


if __name__ == '__main__':
    main()
