"""Videos that lists name more than once, and groups that stand in both train and test."""

from collections.abc import Iterator, Sequence

from training.data_set.listed_video import ListedVideo
from training.data_set.problem import Kind, Problem


def find_repeats(videos: Sequence[ListedVideo]) -> Iterator[Problem]:
    """
    Find videos that the lists of one split name twice.

    :param videos: the listed videos of the split.
    :return: a problem for each further naming, in order.
    """
    first: dict[tuple[str, str], ListedVideo] = {}
    for video in videos:
        earlier = first.setdefault((video.class_name, video.stem), video)
        if earlier is video:
            continue
        name = f'{video.class_name}/{video.stem}'
        if {earlier.part, video.part} == {'train', 'test'}:
            yield Problem(
                Kind.IN_BOTH, video.place, f'{name}: a video must not stand in both train and '
                f'test, got it in {earlier.place} too; remove one of the lines')
        else:
            yield Problem(
                Kind.DUPLICATE, video.place, f'{name}: expected each video once, got it in '
                f'{earlier.place} too; remove one of the lines')


def find_leaked_groups(videos: Sequence[ListedVideo]) -> Iterator[Problem]:
    """
    Find groups of clips of one recording that stand in both train and test.

    Videos that are themselves in both do not count: ``find_repeats`` names them.

    :param videos: the listed videos of the split.
    :return: a problem for each group, placed at its first test video.
    """
    train = {(v.class_name, v.group) for v in videos if v.part == 'train' and v.group is not None}
    trained = {(v.class_name, v.stem) for v in videos if v.part == 'train'}
    leaked: dict[tuple[str, int | None], list[ListedVideo]] = {}
    for video in videos:
        key = (video.class_name, video.group)
        is_repeat = (video.class_name, video.stem) in trained
        if video.part == 'test' and key in train and not is_repeat:
            leaked.setdefault(key, []).append(video)
    for (class_name, group), clips in leaked.items():
        yield Problem(
            Kind.LEAKED_GROUP, clips[0].place, f'{class_name}: clips of one group must not stand '
            f'in both train and test, got {len(clips)} test clips of group {group}, which has '
            f'training clips; the first is {clips[0].stem}; move the group to one list')
