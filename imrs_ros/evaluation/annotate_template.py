# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""``annotate-template``: write an empty annotation file, and explain how to fill it in."""

import argparse
from pathlib import Path
import sys

from imrs_ros.evaluation.ground_truth.annotation_file import NAME, write_annotations
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.evaluation.recordings.source import find_recordings, open_recording
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model

HELP = """\
One line per action: recording,topic,start,end,label. Start and end are seconds from the start of
the recording, or header stamps of the camera. An empty recording or topic means all of them. Time
without a line is background; a file without lines says that the recording shows no action. For
single people, add the columns person and left,top,right,bottom: docs/evaluate_your_robot.md."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Add the command's arguments.

    :param parser: of the sub-command.
    """
    parser.add_argument('recordings', nargs='+', type=Path, help='bags, videos, or folders')
    parser.add_argument('--model', default='ucf10',
                        help='model whose labels are annotated; default ucf10')
    parser.add_argument('--out', type=Path,
                        help='one file for all recordings; default: one in or beside each')


def run(options: argparse.Namespace) -> int:
    """
    Run the command.

    :param options: the command line.
    :return: 0, or 1 if a recording got no file: it cannot be read, or has one already.
    """
    labels = ModelCard.load(find_model(options.model)).labels
    status = 0
    for path in find_recordings(options.recordings):
        try:
            _write_template(path, options.out)
        except (RecordingError, OSError) as error:
            print(f'annotate-template: {error}', file=sys.stderr)
            status = 1
    print(f'{HELP}\nLabels: {", ".join(labels)}')
    return status


def _write_template(path: Path, out: Path | None) -> None:
    with open_recording(path) as recording:
        file = out or (path / NAME if path.is_dir() else path.with_suffix('.csv'))
        description = (f'{recording.name}: {recording.duration_ns / 1e9:.2f} s, cameras '
                       f'{", ".join(recording.topics)}')
    if file.exists() and file != out:
        raise FileExistsError(f'{file}: expected no annotation file, got one; edit it, or remove '
                              'it first')
    write_annotations(file, ())
    print(f'{description} -> {file}')
