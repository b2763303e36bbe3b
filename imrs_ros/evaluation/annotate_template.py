"""``annotate-template``: write an empty file of annotations, and how to fill it."""

import argparse
from pathlib import Path
import sys

from imrs_ros.evaluation.ground_truth.annotation_file import NAME, write_annotations
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.evaluation.recordings.source import find_recordings, open_recording
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model

HELP = """\
One line an action: recording,topic,start,end,label. Start and end in seconds since the start of
the recording, or as header stamps of the camera; recording and topic may stay empty, and then mean
all. Time without a line shows no action. As it is, the file says that nothing is shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the command line.

    :param parser: of the sub-command.
    """
    parser.add_argument('recordings', nargs='+', type=Path, help='bags, videos, or folders')
    parser.add_argument('--model', default='ucf10', help='whose labels may be written')
    parser.add_argument('--out', type=Path, help='one file for all; default one beside each')


def run(options: argparse.Namespace) -> int:
    """
    Run the command.

    :param options: the command line.
    :return: 0, or 1 where one of them got no file: it cannot be read, or has one already.
    """
    labels = ModelCard.load(find_model(options.model)).labels
    status = 0
    for path in find_recordings(options.recordings):
        try:
            _write_one(path, options.out)
        except (RecordingError, OSError) as error:
            print(f'annotate-template: {error}', file=sys.stderr)
            status = 1
    print(f'{HELP}\nLabels: {", ".join(labels)}')
    return status


def _write_one(path: Path, out: Path | None) -> None:
    with open_recording(path) as recording:
        file = out or (path / NAME if path.is_dir() else path.with_suffix('.csv'))
        words = (f'{recording.name}: {recording.duration_ns / 1e9:.2f} s, cameras '
                 f'{", ".join(recording.topics)}')
    if file.exists() and file != out:
        raise FileExistsError(f'{file}: expected a name that is free, got one in use; edit it, '
                              'or remove it first')
    write_annotations(file, ())
    print(f'{words} -> {file}')
