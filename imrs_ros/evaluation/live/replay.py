"""What a replay needs of the node and the player, launched or started by ``record --alone``."""

from collections.abc import Sequence

START_LIMIT_SEC = 180.0
"""Node and recorder have to hear the player, and its clock has to run, within this time."""
NODE_PARAMETERS = {'use_sim_time': True, 'top_k': 1000}
"""Beside the node's own: the report needs the scores of every class."""
NUM_LISTENERS = 2
"""Of the clock: the node and the recorder."""


def player_arguments(recording: str, topics: Sequence[str]) -> list[str]:
    """
    Give the arguments with which ``play`` waits until nothing of the recording is missed.

    :param recording: path.
    :param topics: of the cameras.
    :return: the arguments.
    """
    return [recording, '--clock', '--wait-sec', f'{START_LIMIT_SEC:g}', '--clock-subscribers',
            str(NUM_LISTENERS), '--topics', *topics]
