# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What ``evaluate``, ``tune`` and ``record`` share: recordings of the command line, evaluated."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from imrs_ros.dask_cluster import dask_cluster
from imrs_ros.evaluation.ground_truth.annotation_file import read_annotations
from imrs_ros.evaluation.offline.people_source import SOURCES, TOPIC
from imrs_ros.evaluation.offline.recording_result import evaluate_recording, Job, Result
from imrs_ros.evaluation.recordings.bag_files import is_packed
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.evaluation.recordings.source import open_recording
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.node_settings import Settings
from imrs_ros.parameter_file import read_settings
from joblib import delayed, Parallel
from tqdm import tqdm


def add_job_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Add the arguments of a job.

    :param parser: of the sub-command.
    """
    parser.add_argument('recordings', nargs='+', type=Path,
                        help='bags, videos, or folders of them')
    parser.add_argument('--model', help='name or folder; default: the model of --params')
    parser.add_argument('--params', type=Path, help='parameter file of the node')
    parser.add_argument('--annotations', type=Path, nargs='+', metavar='FILE',
                        help='CSV or ActivityNet JSON; default: the file in or beside each '
                             'recording')
    parser.add_argument('--annotation-topic', default='', metavar='TOPIC',
                        help='std_msgs/String topic in the bags with the label from then on')
    parser.add_argument('--topics', nargs='+', default=(), metavar='TOPIC',
                        help='camera topics; default: those of --params, else all')
    parser.add_argument('--people', choices=SOURCES,
                        help='follow everyone in the pictures, too: people of a topic in the bag, '
                             'the true boxes of the annotations, or those that the person finder '
                             'sees; default: topic if --params has people, else nobody')
    parser.add_argument('--detections', nargs='+', default=(), metavar='TOPIC',
                        help='vision_msgs/Detection2DArray topic of each camera, for --people '
                             'topic; default: detections beside the images')
    parser.add_argument('--stamps', choices=('header', 'log'), default='header',
                        help='log: use recording times, for bags without header stamps')
    parser.add_argument('--jobs', type=int, default=1,
                        help='recordings evaluated in parallel processes; -1: one per core')
    parser.add_argument('--dask', metavar='ADDRESS',
                        help='Dask scheduler, e.g. tcp://host:8786, to run the jobs on')


def job_of(options: argparse.Namespace) -> Job:
    """
    Create a job from the command line.

    :param options: the command line.
    :return: the job.
    :raises ValueError: naming what is wrong.
    :raises OSError: if there is no such model.
    """
    overrides: dict[str, Any] = {'model': options.model} if options.model else {}
    settings = read_settings(options.params, overrides)
    card = ModelCard.load(find_model(settings.node.model))
    settings.decision.check_labels(card.labels)
    settings = replace(settings, decision=settings.decision.at(card.operating_point))
    annotations = None
    if options.annotations:
        annotations = tuple(a for path in options.annotations for a in read_annotations(path))
    return Job(card=card, settings=settings, topics=tuple(options.topics),
               by_log_time=options.stamps == 'log', annotations=annotations,
               annotation_topic=options.annotation_topic, people=_people_of(options, settings),
               detections=tuple(options.detections))


def _people_of(options: argparse.Namespace, settings: Settings) -> str:
    """Return where people come from; nothing for whole pictures only."""
    if options.detections and options.people not in (None, TOPIC):
        raise ValueError(f'expected --people {TOPIC} with --detections, got {options.people}')
    if options.people:
        return str(options.people)
    return TOPIC if options.detections or settings.node.people else ''


def evaluate_all(paths: Sequence[Path], job: Job, num_jobs: int = 1, dask: str | None = None,
                 ) -> list[Result]:
    """
    Evaluate recordings in processes or on a Dask cluster; a failure does not stop the rest.

    :param paths: of recordings.
    :param job: model, settings, annotations.
    :param num_jobs: processes; 1 for this one, -1 for one per core.
    :param dask: address of a scheduler whose workers see the same files; None for this machine.
    :return: the results, in order.
    :raises ValueError: for 0 processes.
    """
    if num_jobs == 0:
        raise ValueError('expected --jobs of 1 or more, or -1 for one per core, got 0')
    if num_jobs == 1 and dask is None:
        with tqdm(total=_num_images(paths, job), unit='image', desc='evaluate',
                  disable=None) as bar:
            return [evaluate_recording(path, job, bar.update) for path in paths]
    with dask_cluster(dask), tqdm(
            total=len(paths), unit='recording', desc='evaluate', disable=None) as bar:
        results = []
        for result in Parallel(n_jobs=num_jobs, return_as='generator')(
                delayed(evaluate_recording)(path.resolve(), job) for path in paths):
            results.append(result)
            bar.update()
        return results


def _num_images(paths: Sequence[Path], job: Job) -> int:
    def lengths() -> Iterator[int]:
        for path in paths:
            try:
                # To unpack it takes as long as to evaluate it.
                if is_packed(path):
                    continue
                with open_recording(path, job.topics, preferred=job.preferred) as recording:
                    yield recording.num_images
            # Reported when the recording is evaluated.
            except (RecordingError, OSError):
                continue
    return sum(lengths())
