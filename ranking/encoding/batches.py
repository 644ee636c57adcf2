"""How many texts are computed at a time, and which ones together."""

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CPU_TOKENS = 1024
"""Padded tokens of one batch on a core. Measured in bfloat16, seconds of one core for 64 posts: 2.48 with 512 tokens,
2.38 with 1,024, 2.46 with 2,048, 2.76 with 4,096: what a layer works on no longer fits the core's cache."""
CPU_TEXTS = 1024
"""Texts that are sorted by length together: enough that it pays, few enough that a kill loses some seconds of work."""

GPU_TEXTS = 16_384
"""The same where thousands are computed a second."""
GPU_BYTES_PER_WIDTH = 128
"""Working memory of one token for each unit of the model's width, in bytes, generously: a layer holds some 14 values
of each (three for attention, four and four for its wide middle), of 2 bytes and partly 4, and scores of attention."""
GPU_SHARE = 0.5
"""Of the free memory: two batches are under way at a time, and the allocator keeps pieces."""
GPU_TOKENS = (4096, 131_072)
"""Least and most padded tokens of a batch: less leaves a GPU idle, more brings it nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``texts`` are tokenized together, ``tokens`` (padded) computed together, by ``threads`` threads."""

    texts: int
    tokens: int
    threads: int


def plan_for_cpu() -> Plan:
    """Each core computes batches of its own."""
    return Plan(CPU_TEXTS, CPU_TOKENS, cores())


def plan_for_gpu(free_bytes: int, width: int) -> Plan:
    """Batches as large as the memory allows; two threads, so that one batch is prepared while another is computed."""
    least, most = GPU_TOKENS
    fitting = int(free_bytes * GPU_SHARE / (2 * GPU_BYTES_PER_WIDTH * width))
    return Plan(GPU_TEXTS, min(max(fitting, least), most), 2)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def batches_by_length(lengths: NDArray[np.int64], budget: int) -> list[list[int]]:
    """Indices in batches of similar length, longest first, each at most ``budget`` when padded to its longest member.

    Longest first, so that memory peaks at once and a progress bar errs on the safe side. A longer text goes alone.
    """
    batches: list[list[int]] = []
    padded = 0
    for index in np.argsort(-lengths, kind="stable").tolist():
        if not batches or padded * (len(batches[-1]) + 1) > budget:
            batches.append([])
            padded = max(int(lengths[index]), 1)
        batches[-1].append(index)
    return batches
