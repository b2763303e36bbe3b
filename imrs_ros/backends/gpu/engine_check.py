"""
Whether an engine may run a model: only if its scores are those of the network in float32.

An engine is compiled for one machine, in another precision, by a library that has been wrong
before: half precision that overflows, layers fused wrongly. What it scores for the golden clips
decides.

Layout legend: N clips, K classes.
"""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray


class GateError(RuntimeError):
    """An engine whose scores are not those of the network."""


class Closable(Protocol):
    """What can be freed."""

    def close(self) -> None:
        """Free it."""


Engine = TypeVar('Engine', bound=Closable)


def check_scores(
    logits_NK: NDArray[np.float32], reference_NK: NDArray[np.float32], bound: float,
) -> float:
    """
    Compare an engine's scores with those of the network.

    :param logits_NK: the engine's.
    :param reference_NK: those of plain PyTorch in float32.
    :param bound: the largest difference of a logit that is allowed.
    :return: the largest difference.
    :raises GateError: when there are others in number, some are not finite, or one differs more.
    """
    if logits_NK.shape != reference_NK.shape:
        raise GateError(
            f'expected logits of shape {reference_NK.shape} for the golden clips, got '
            f'{logits_NK.shape}')
    num_wrong = int((~np.isfinite(logits_NK)).sum())
    if num_wrong:
        raise GateError(
            f'expected finite logits for the golden clips, got {num_wrong} of {logits_NK.size} '
            'that are not')
    difference = float(np.abs(logits_NK.astype(np.float64) - reference_NK).max())
    if not difference <= bound:
        raise GateError(
            f'expected the logits of PyTorch in float32 within {bound:g} for the golden clips, '
            f'got a difference of {difference:.4g}')
    return difference


def first_accepted(
    attempts: Iterable[tuple[str, Callable[[], Engine]]], check: Callable[[Engine], object],
) -> tuple[str, Engine, tuple[str, ...]]:
    """
    Make engines until one passes.

    :param attempts: a name and how to make it, the preferred one first; made one at a time.
    :param check: raises for an engine that may not be used, which is then closed.
    :return: the name, the engine, and why others before it were refused.
    :raises RuntimeError: when none passes, with the reasons.
    """
    refusals: list[str] = []
    for name, make in attempts:
        engine = None
        try:
            engine = make()
            check(engine)
        # Whatever a library raises, the next attempt may still work.
        except Exception as error:
            refusals.append(f'{name} refused: {type(error).__name__}: {error}')
            if engine is not None:
                engine.close()
        else:
            return name, engine, tuple(refusals)
    raise RuntimeError('; '.join(refusals) or 'nothing to try')
