"""Batches by seconds: clips of like length together, so that little of a batch is padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np


def bucketed(
    seconds: Sequence[float], *, most_seconds: float, most_clips: int, seed: int | None
) -> list[list[int]]:
    """Cut clips into batches of like length.

    Arguments:
        seconds: duration of each clip.
        most_seconds: longest clip of a batch times its clips; 0 counts clips alone.
        most_clips: clips of a batch at most.
        seed: shuffles lengths a little and the batches fully; None keeps order of length.

    Returns:
        Indices into `seconds`, every clip once. A clip longer than `most_seconds` is a
        batch of its own.
    """
    length = np.asarray(seconds, dtype=np.float64)
    if seed is None:
        order = np.argsort(-length, kind="stable")
    else:
        rng = np.random.default_rng(seed)
        # One tenth of noise makes other neighbors each epoch at hardly more padding.
        order = np.argsort(-length * rng.uniform(0.95, 1.05, len(length)), kind="stable")
    batches: list[list[int]] = []
    batch: list[int] = []
    longest = 0.0
    for index in order.tolist():
        stretched = max(longest, float(length[index]))
        too_long = most_seconds > 0 and stretched * (len(batch) + 1) > most_seconds
        if batch and (too_long or len(batch) >= most_clips):
            batches.append(batch)
            batch, stretched = [], float(length[index])
        batch.append(index)
        longest = stretched
    if batch:
        batches.append(batch)
    if seed is not None:
        np.random.default_rng((seed, 1)).shuffle(batches)
    return batches


_CUTS = 8


class SecondsSampler:
    """A batch sampler for torch's DataLoader; other batches every epoch.

    Trainer plans its steps with the number of batches, so that number must not change
    between epochs. Of the ways to cut the clips, the most frequent count's are used in
    turn, each time in another order.

    Arguments: see `bucketed`. `set_epoch` is called by Trainer before each epoch.
    """

    def __init__(
        self, seconds: Sequence[float], *, most_seconds: float, most_clips: int, seed: int
    ) -> None:
        self._seconds = seconds
        self._limits = (most_seconds, most_clips)
        self._seed = seed
        self._epoch = 0
        counts = [len(self._batches(cut)) for cut in range(_CUTS)]
        self._count = max(set(counts), key=lambda count: (counts.count(count), -count))
        self._cuts = [cut for cut, count in enumerate(counts) if count == self._count]
        self.batch_size = None
        self.drop_last = False

    def _batches(self, cut: int) -> list[list[int]]:
        most_seconds, most_clips = self._limits
        return bucketed(
            self._seconds, most_seconds=most_seconds, most_clips=most_clips, seed=self._seed + cut
        )

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose batches come next."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[list[int]]:
        batches = self._batches(self._cuts[self._epoch % len(self._cuts)])
        np.random.default_rng((self._seed, self._epoch)).shuffle(batches)
        self._epoch += 1
        yield from batches
