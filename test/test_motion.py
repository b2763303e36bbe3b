"""Still scenes are told from moving ones, whatever the noise of the camera."""

from imrs_ros.motion import changed_share
import numpy as np
import pytest


def scene(noise, move_px, num_frames=16):
    rng = np.random.default_rng(0)
    backdrop = rng.integers(60, 200, (14, 14, 3)).repeat(16, 0).repeat(16, 1)
    frames = []
    for t in range(num_frames):
        image = backdrop + rng.normal(0, noise, backdrop.shape)
        left = t * move_px
        image[60:160, left:left + 60] = 250
        frames.append(image)
    return np.clip(frames, 0, 255).astype(np.uint8)


@pytest.mark.parametrize('noise', [0, 6, 10])
def test_noise_is_no_motion(noise):
    assert changed_share(scene(noise, 0)) == 0


@pytest.mark.parametrize('noise', [0, 10])
def test_a_moving_thing_is_seen(noise):
    # 100 rows, 50 px uncovered and 50 px covered between two looks.
    share = 2 * 100 * 50 / 224 ** 2
    assert changed_share(scene(noise, 10)) == pytest.approx(share, rel=0.35)
