"""The style rules that ROS packages are checked with."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHECKED = [str(ROOT / name) for name in (
    'imrs_ros', 'training', 'launch', 'requirements', 'benchmarks', 'setup.py')
    if list((ROOT / name).rglob('*.py')) or name.endswith('.py')]


@pytest.mark.filterwarnings('ignore')
def test_ament_flake8(capsys):
    flake8 = pytest.importorskip('ament_flake8.main')
    _, errors = flake8.main_with_errors(argv=CHECKED)
    assert not errors, '\n'.join(errors)


@pytest.mark.filterwarnings('ignore')
def test_ament_pep257(capsys):
    pep257 = pytest.importorskip('ament_pep257.main')
    status = pep257.main(argv=CHECKED)
    assert status == 0, capsys.readouterr().err
