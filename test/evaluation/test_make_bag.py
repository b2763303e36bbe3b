# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Recordings created from videos: they contain what the recipe says."""

from imrs_ros.evaluation.command import main
from imrs_ros.evaluation.ground_truth.annotation_file import read_annotations
from imrs_ros.evaluation.make_bag import find_videos, limit_length, shuffle_classes, write_bag
from imrs_ros.evaluation.recordings.bag import Bag
from imrs_ros.evaluation.recordings.bag_recipe import at_rate, BagRecipe, recorded_frames
from imrs_ros.settings import SettingsError
from imrs_ros.video import read_video, StampedImage, VideoError
import numpy as np
import pytest
from samples import write_video


@pytest.fixture
def videos(tmp_path):
    """Return a folder with two clips of 1 s for each of two classes."""
    for label in ('wave', 'fall'):
        for i in range(2):
            write_video(tmp_path / 'videos' / label / f'{i}.avi', 25)
    write_video(tmp_path / 'street' / 'a.avi', 60)
    return tmp_path / 'videos'


def test_gaps_clips_and_annotations(videos, tmp_path):
    recipe = BagRecipe(gap_sec=0.4, start_sec=50.0)
    clips = shuffle_classes(find_videos(videos), 0)
    background = [tmp_path / 'street' / 'a.avi']
    annotations = write_bag(tmp_path / 'bag', clips, background, recipe, truth_topic='/truth')
    assert [(a.start_sec, a.end_sec, a.label) for a in annotations] == [
        (round(0.4 + 1.4 * i, 3), round(1.4 + 1.4 * i, 3), label)
        for i, (label, _) in enumerate(clips)]
    assert read_annotations(tmp_path / 'bag' / 'annotations.csv')[0].label == clips[0][0]
    with Bag(tmp_path / 'bag') as bag:
        assert bag.start_ns == 50_000_000_000
        assert bag.num_images == round(25 * (4 * 1.4 + 0.4))
        images = list(bag.images())
        texts = bag.texts('/truth')
    assert [text for _, text in texts][:3] == ['no_action', clips[0][0], 'no_action']
    street = next(read_video(background[0])).image_HWC
    assert np.abs(images[0].frame.image_HWC.astype(int) - street).mean() < 5


def test_classes_take_turns_in_a_seeded_order(videos):
    clips = shuffle_classes(find_videos(videos), 1)
    assert {label for label, _ in clips[:2]} == {'wave', 'fall'}
    assert clips == shuffle_classes(find_videos(videos), 1)
    assert any(clips != shuffle_classes(find_videos(videos), seed) for seed in range(2, 8))
    assert len(list(limit_length(clips, BagRecipe(gap_sec=1.0), 4.5))) == 2


def test_lists_name_videos_by_stem(videos, tmp_path):
    listed = tmp_path / 'list.txt'
    listed.write_text('wave/1.mp4 2\nfall/0.mp4\n')
    assert find_videos(videos, listed) == [videos / 'wave' / '1.avi', videos / 'fall' / '0.avi']
    listed.write_text('wave/7.avi\n')
    with pytest.raises(ValueError, match='none of wave/7 and 1 in all'):
        find_videos(videos, listed)
    with pytest.raises(ValueError, match='expected videos'):
        find_videos(tmp_path / 'none')
    with pytest.raises(ValueError, match='other.txt: expected a list of videos, got no such file'):
        find_videos(videos, tmp_path / 'other.txt')


def test_drops_jitter_and_the_clock(videos):
    clips = shuffle_classes(find_videos(videos), 0)
    still = [f.log_ns for f in recorded_frames(clips, [], BagRecipe(gap_sec=1.0))]
    assert set(np.diff(still)) == {40_000_000}
    recipe = BagRecipe(gap_sec=1.0, jitter_sec=0.01, drop_share=0.3, clock_offset_sec=2.5)
    made = list(recorded_frames(clips, [], recipe))
    assert made == made
    assert 0.5 < len(made) / len(still) < 0.9
    times = np.array([f.log_ns for f in made])
    assert (np.diff(times) > 0).all()
    assert np.std(np.diff(times) % 40_000_000) > 1_000_000
    assert {f.frame.stamp_ns - f.log_ns for f in made} == {2_500_000_000}
    assert [f.log_ns for f in recorded_frames(clips, [], recipe)] == times.tolist()


@pytest.mark.parametrize(('fps', 'expected'), [
    (10, [0, 1, 2]), (20, [0, 0, 1, 1, 2]), (5, [0, 2]), (3, [0])])
def test_frames_at_another_rate(fps, expected):
    source = [StampedImage(i * 100_000_000, np.full((1, 1, 3), i, np.uint8)) for i in range(3)]
    assert [int(image[0, 0, 0]) for image in at_rate(source, fps)][:len(expected)] == expected


def test_an_unreadable_video_leaves_no_half_bag(videos, tmp_path):
    (videos / 'wave' / '0.avi').write_bytes(b'no video')
    clips = [('wave', videos / 'wave' / '0.avi')]
    with pytest.raises(VideoError):
        write_bag(tmp_path / 'bag', clips, [], BagRecipe())
    assert not (tmp_path / 'bag').exists()


@pytest.mark.parametrize('changes', [
    {'fps': 0.0}, {'drop_share': 1.0}, {'gap_sec': -1.0}, {'start_sec': 5.0, 'clock_offset_sec':
                                                          -6.0}])
def test_wrong_recipes_are_refused(changes):
    with pytest.raises(SettingsError, match=next(iter(changes))):
        BagRecipe(**changes)


def test_the_command(videos, tmp_path, capsys):
    out = tmp_path / 'bag'
    arguments = ['make-bag', str(out), '--videos', str(videos), '--minutes', '0.05',
                 '--gap-sec', '0.2', '--topics', '/a/image', '/b/image/compressed', '--storage',
                 'sqlite3', '--zstd']
    with pytest.raises(SystemExit) as done:
        main(arguments)
    assert done.value.code == 0
    assert '3 actions, annotated in' in capsys.readouterr().out
    with Bag(out) as bag:
        assert bag.topics == ('/a/image', '/b/image/compressed')
    with pytest.raises(SystemExit, match='expected a new folder for the bag, it exists'):
        main(arguments)
