# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Comparisons of two reports: what a difference is worth."""

from dataclasses import replace
import re

from imrs_ros.evaluation.compare import changes, format_changes, headline, verdict
from imrs_ros.evaluation.offline.playback import PlayedCamera
from imrs_ros.evaluation.offline.recording_result import Result
from imrs_ros.evaluation.report.build import build_report
from imrs_ros.records import NO_ACTION
import pytest
from sample_recordings import make_job, segment, track


@pytest.fixture
def report(tiny_card):
    """Return a function: the report of a recording whose actions were found or not."""
    def make(found, name='walk', num_cameras=1, is_annotated=True):
        labels, annotated = [], []
        for i, is_found in enumerate(found):
            labels += [NO_ACTION] * 6 + ['wave' if is_found else NO_ACTION] * 4
            annotated.append(segment(10 * i + 6, 10 * i + 10, 'wave'))
        one = track(labels, annotated, classes=tiny_card.labels, scores=[
            [0.9 if label == known else 0.05 for known in tiny_card.labels] for label in labels])
        if not is_annotated:
            one = replace(one, annotated=None)
        return build_report([Result(name, one.duration_ns, [
            (PlayedCamera(camera, f'/{camera}'), one)
            for camera in ('front', 'rear')[:num_cameras]])], make_job(tiny_card))
    return make


def verdicts(found):
    return {name: judged for name, *_, judged in found['figures'] if judged}


HALF = [True, False] * 20


def test_a_difference_counts_where_its_interval_excludes_zero(report):
    # Ten of the twenty that were missed are found: an eighth to four tenths more.
    better = [is_found or i % 4 == 1 for i, is_found in enumerate(HALF)]
    found = changes(report(HALF), report(better))
    name, before, after, (low, high), judged = next(
        row for row in found['figures'] if row[0] == 'recall')
    assert (before, after, judged) == (0.5, 0.75, 'better')
    assert 0.05 < low < 0.2 < 0.3 < high < 0.45
    assert verdicts(found)['f1@25'] == 'better'
    assert verdicts(changes(report(better), report(HALF)))['recall'] == 'worse'
    assert found['intervals'] == 'intervals of 95 %, paired: both reports have the same actions'
    assert [row[0::4] for row in found['classes']] == [('wave', 'better')]


def test_a_difference_that_chance_makes_is_within_the_interval(report):
    # One more found, another one lost, one more found.
    other = [True, False] * 17 + [True, True, False, False, True, True]
    found = changes(report(HALF), report(other))
    assert {verdicts(found)[name] for name in ('recall', 'f1@25', 'num_found')} == {
        'within the interval'}
    assert 'within the interval, difference [' in format_changes(found)


def test_the_same_report_has_no_verdict(report):
    found = changes(report(HALF), report(HALF))
    assert verdicts(found) == {}
    assert 'difference' not in format_changes(found)


def test_other_recordings_are_compared_unpaired(report):
    better = [is_found or i % 4 == 1 for i, is_found in enumerate(HALF)]
    pairs = [changes(report(HALF), report(better, name)) for name in ('walk', 'run')]
    widths = [limits[1] - limits[0] for found in pairs for name, *_, limits, _ in found['figures']
              if name == 'recall']
    assert widths[1] > 1.2 * widths[0]
    assert 'unpaired: the reports have different actions' in format_changes(pairs[1])


def test_a_report_of_an_older_version_has_no_intervals(report):
    before, after = report(HALF), report([True] * 40)
    del before['units']
    found = changes(before, after)
    assert verdicts(found)['recall'] == 'better, no interval'
    assert 'a report of an older version; evaluate again' in format_changes(found)


def test_figures_of_scores_and_counts_of_frames_have_no_interval(report):
    before = report(HALF)
    after = {**before, 'figures': {**before['figures'], 'mean_ap': 0.1, 'num_dropped': 7}}
    assert verdicts(changes(before, after)) == {
        'mean_ap': 'worse, no interval', 'num_dropped': 'worse, no interval'}


@pytest.mark.parametrize('units', [
    [], {'keys': []}, {'keys': [['walk', 0.0, 1.0, 'wave']], 'total': {
        'sums': {'num_found': [1, 1]}, 'delays': []}, 'by_class': {}}])
def test_damaged_units_are_named(report, units):
    before = report(HALF)
    with pytest.raises(ValueError, match='expected units as "evaluate" writes them, got .*again'):
        changes(before, {**before, 'units': units})


def test_the_headline_names_what_differs_beyond_its_interval(report):
    better = [is_found or i % 4 == 1 for i, is_found in enumerate(HALF)]
    said = changes(report(HALF), report(better))['headline']
    assert said.startswith('The second report is better in fraction of actions found (0.500 to '
                           '0.750), segmental F1 at 25 % overlap (0.667 to 0.857)')
    # More is found, so more is said.
    assert re.search(r' and \d+ more, but worse in label changes per minute \(6.000 to 9.000 '
                     r'1/min\)\.$', said)
    said = changes(report(better), report(HALF))['headline']
    assert said.startswith('The second report is better in label changes per minute')
    assert ', but worse in fraction of actions found (0.750 to 0.500), ' in said
    assert format_changes(changes(report(better), report(HALF))).startswith(said)


def test_the_headline_says_that_nothing_differs(report):
    other = [True, False] * 17 + [True, True, False, False, True, True]
    assert changes(report(HALF), report(other))['headline'] == (
        'Nothing differs beyond its interval.')
    assert changes(report(HALF), report(HALF))['headline'] == (
        'Nothing differs: all figures are the same.')
    assert changes(report(HALF), report(HALF, 'run'))['headline'] == (
        'These reports do not compare: they are of different recordings.')
    before, after = report(HALF), report([True] * 40)
    del before['units']
    assert changes(before, after)['headline'] == (
        'Nothing can be said: no difference has an interval.')


@pytest.mark.parametrize(('other', 'only', 'words'), [
    ({'num_cameras': 2}, ['walk /rear'], 'they are of different recordings'),
    ({'is_annotated': False}, ['walk /front', 'walk /front (not annotated)'],
     'they are of different recordings'),
    ({'found': HALF[:10]}, [], 'they have different annotations, 40 and 10 actions')])
def test_other_cameras_and_other_annotations_do_not_compare(report, other, only, words):
    found = changes(report(HALF), report(**{'found': HALF, **other}))
    assert found['headline'] == f'These reports do not compare: {words}.'
    assert found['only_in_one'] == only
    assert verdicts(found) == {}
    assert [row[-1] for row in found['classes'] if row[-1]] == []


def test_a_recording_that_failed_in_one_report_does_not_compare(report):
    before, after = report(HALF), report(HALF)
    after['recordings'].append({**after['recordings'][0], 'name': 'run'})
    before['recordings'].append({
        **before['recordings'][0], 'name': 'run', 'error': 'cannot be read', 'cameras': []})
    found = changes(before, after)
    assert found['only_in_one'] == ['run']
    assert 'in one report only: run' in format_changes(found)


def test_the_headline_names_both_sides(report):
    rows = [('recall', 0.5, 0.7, [0.1, 0.3], 'better'),
            ('delay_median_sec', 1.0, 1.4, [0.2, 0.6], 'worse'),
            ('mean_ap', 0.5, 0.9, None, 'better, no interval')]
    people = [('id_switches', 9, 2, [-9, -4], 'better')]
    assert headline({'only_in_one': [], 'figures': rows, 'people': people}) == (
        'The second report is better in fraction of actions found (0.500 to 0.700) and id '
        'switches of people (9 to 2), but worse in delay, median (1.000 to 1.400 s); nothing else '
        'differs beyond its interval.')


@pytest.mark.parametrize(('name', 'before', 'after', 'limits', 'expected'), [
    ('recall', 0.5, 0.6, [0.01, 0.2], 'better'), ('recall', 0.6, 0.5, [-0.2, -0.01], 'worse'),
    ('recall', 0.5, 0.6, [0.0, 0.2], 'within the interval'),
    ('false_per_min', 2.0, 1.0, [-2.0, -0.5], 'better'),
    ('false_per_min', 1.0, 2.0, None, 'worse, no interval'),
    ('recall', None, 0.5, None, ''), ('recall', 0.5, 0.5, [-0.1, 0.1], ''),
    ('num_windows', 3, 4, None, '')])
def test_verdicts(name, before, after, limits, expected):
    assert verdict(name, before, after, limits) == expected
