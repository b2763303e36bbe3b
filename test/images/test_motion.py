"""Still scenes are distinguished from moving ones, despite camera noise."""

from imrs_ros.images.motion import changed_fraction
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
def test_noise_is_not_motion(noise):
    assert changed_fraction(scene(noise, 0)) == 0


@pytest.mark.parametrize('noise', [0, 10])
def test_moving_object_is_measured(noise):
    # 100 rows, 50 px uncovered and 50 px covered between two compared frames.
    fraction = 2 * 100 * 50 / 224 ** 2
    assert changed_fraction(scene(noise, 10)) == pytest.approx(fraction, rel=0.35)
