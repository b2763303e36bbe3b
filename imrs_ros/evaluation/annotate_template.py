"""``annotate-template``: write an empty file of annotations, and how to fill it."""

import argparse
from pathlib import Path

from imrs_ros.evaluation.annotation_file import NAME, write_annotations
from imrs_ros.evaluation.source import find_recordings, open_recording
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
    :return: 0.
    :raises FileExistsError: where a file is there already.
    """
    labels = ModelCard.load(find_model(options.model)).labels
    for path in find_recordings(options.recordings):
        with open_recording(path) as recording:
            file = options.out or (path / NAME if path.is_dir() else path.with_suffix('.csv'))
            print(f'{recording.name}: {recording.duration_ns / 1e9:.2f} s, cameras '
                  f'{", ".join(recording.topics)} -> {file}')
        if file.exists() and file != options.out:
            raise FileExistsError(f'{file}: expected a name that is free, got one in use')
        write_annotations(file, ())
    print(f'{HELP}\nLabels: {", ".join(labels)}')
    return 0
