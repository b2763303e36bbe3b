"""Settings of the run-time core, one validated dataclass a concern. Defaults stand only here."""

from dataclasses import dataclass

BACKENDS = ('auto', 'openvino', 'torch')


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowSettings:
    """When a camera's frames make a window."""

    hop: int = 4
    """Frames on the model's time grid between two windows of a camera, at least 1."""
    max_gap_sec: float = 0.5
    """A longer time between two frames empties the window, s, above 0."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: naming the setting, what it may be, and what came.
        """
        if self.hop < 1:
            raise ValueError(f'hop must be at least 1 frame, got {self.hop}')
        if not self.max_gap_sec > 0:
            raise ValueError(f'max_gap_sec must be above 0 s, got {self.max_gap_sec}')


@dataclass(frozen=True, kw_only=True, slots=True)
class DecisionSettings:
    """How scores over time become a label."""

    smoothing_sec: float = 0.5
    """Time constant of the exponential average of probabilities, s; 0 for none."""
    enter_threshold: float = 0.5
    """Smoothed probability from which a class becomes a candidate, in (0, 1]."""
    leave_threshold: float = 0.35
    """Smoothed probability under which the decided class is left, in [0, enter_threshold]."""
    min_duration_sec: float = 0.2
    """How long a candidate must last before it is decided, s, at least 0."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: naming the setting, what it may be, and what came.
        """
        for name in ('smoothing_sec', 'min_duration_sec'):
            if not getattr(self, name) >= 0:
                raise ValueError(f'{name} must be at least 0 s, got {getattr(self, name)}')
        if not 0 < self.enter_threshold <= 1:
            raise ValueError(f'enter_threshold must be in (0, 1], got {self.enter_threshold}')
        if not 0 <= self.leave_threshold <= self.enter_threshold:
            raise ValueError(
                f'leave_threshold must be in [0, enter_threshold = {self.enter_threshold}], got '
                f'{self.leave_threshold}')


@dataclass(frozen=True, kw_only=True, slots=True)
class BackendSettings:
    """What runs the network, and on how much of the machine."""

    backend: str = 'auto'
    """``openvino``, ``torch``, or ``auto``: the first that works here."""
    num_threads: int = 0
    """CPU threads of the network; 0 lets the backend choose."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: naming the setting, what it may be, and what came.
        """
        if self.backend not in BACKENDS:
            raise ValueError(f'backend must be one of {", ".join(BACKENDS)}, got {self.backend!r}')
        if self.num_threads < 0:
            raise ValueError(f'num_threads must be at least 0, got {self.num_threads}')
