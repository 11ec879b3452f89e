"""Which sentences share a passage: the cheapest division of a document, by dynamic programming over a few stated costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.document import Block, BlockKind
from corpus.sentences import Span

_SECTION_LEVEL = 2


@dataclass(frozen=True, slots=True)
class Costs:
    """What makes a division worse than one with a passage more: a passage costs 1, so that fewer are better.

    Set by judgement at first. Measured since, by `python -m eval.choose_budget --documents corpus/data`, which sets one after
    the other to nothing (docs/evaluation.md): that headings begin passages is worth much; the rest changes next to nothing in
    what is found among the project's own documents, where blocks are short, and stands for how a quote reads.
    """

    small: float = 3.0
    """At most, of a passage that is nearly empty; nothing from ``small_share`` of the budget on."""
    small_share: float = 0.3
    section_inside: float = 3.0
    """A heading of level 1 or 2 that does not begin a passage."""
    subsection_inside: float = 0.6
    """One of a deeper level."""
    cut_block: float = 8.0
    """A cut between the sentences of a block that would fit."""
    cut_long_block: float = 0.8
    """Of one that would not."""
    cut_list: float = 3.0
    """Between the items, or rows, of a list that would fit."""
    cut_long_list: float = 0.4
    cut_introduction: float = 5.0
    """Between a list and the line that introduces it."""


DEFAULT_COSTS = Costs()


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, or a piece of an over-long one, with any headings above it: never divided."""

    start: int
    end: int
    tokens: int
    block: int  # index of the block that its own text is in
    sentences: tuple[Span, ...]
    first_heading: int  # index of the first heading that it carries, -1 for none
    apart: bool = False  # whether something dropped stands before it, so that no passage may hold both sides


def divide(blocks: Sequence[Block], units: Sequence[Unit], max_tokens: int, costs: Costs = DEFAULT_COSTS) -> list[Span]:
    """Return the (first, last + 1) units of each passage: the division of least cost.

    A passage holds at most ``max_tokens`` units, so that the time is linear in their number.
    """
    breaks, inside = _costs(blocks, units, max_tokens, costs)
    small = costs.small_share * max_tokens
    sizes = [max(1, unit.tokens) for unit in units]
    best = [0.0]
    origin = [0]
    for end in range(1, len(units) + 1):
        least, choice = float("inf"), end - 1
        tokens, crossed = 0, 0.0
        for first in range(end - 1, -1, -1):
            tokens += sizes[first]
            if tokens > max_tokens and first < end - 1:
                break
            cost = best[first] + breaks[first] + 1.0 + crossed
            if tokens < small:
                cost += costs.small * (1.0 - tokens / small)
            if cost < least:
                least, choice = cost, first
            crossed += inside[first]
        best.append(least)
        origin.append(choice)
    spans: list[Span] = []
    end = len(units)
    while end:
        spans.append((origin[end], end))
        end = origin[end]
    return spans[::-1]


def _costs(blocks: Sequence[Block], units: Sequence[Unit], max_tokens: int, costs: Costs) -> tuple[list[float], list[float]]:
    """Return, for each unit, what a passage that begins with it costs more, and what one costs that has it inside."""
    block_tokens: dict[int, int] = {}
    for unit in units:
        block_tokens[unit.block] = block_tokens.get(unit.block, 0) + unit.tokens
    run_of, run_tokens = _runs(blocks, block_tokens)
    breaks, inside = [0.0] * len(units), [0.0] * len(units)
    for at, unit in enumerate(units):
        if unit.first_heading >= 0:
            section = blocks[unit.first_heading].level <= _SECTION_LEVEL
            inside[at] = costs.section_inside if section else costs.subsection_inside
        elif unit.apart:
            pass  # no choice, so no cost
        elif at and units[at - 1].block == unit.block:
            breaks[at] = costs.cut_block if block_tokens[unit.block] <= max_tokens else costs.cut_long_block
        elif at and run_of[unit.block] >= 0:
            if run_of[units[at - 1].block] == run_of[unit.block]:
                breaks[at] = costs.cut_list if run_tokens[run_of[unit.block]] <= max_tokens else costs.cut_long_list
            elif blocks[units[at - 1].block].kind is BlockKind.PARAGRAPH:
                breaks[at] = costs.cut_introduction
        if unit.apart:
            inside[at] = float("inf")
    return breaks, inside


def _runs(blocks: Sequence[Block], block_tokens: dict[int, int]) -> tuple[list[int], list[int]]:
    """Number the runs of consecutive list items, or table rows, and sum up the tokens of each."""
    run_of, run_tokens = [-1] * len(blocks), []
    for index, block in enumerate(blocks):
        if block.kind not in (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW):
            continue
        if not index or blocks[index - 1].kind is not block.kind:
            run_tokens.append(0)
        run_of[index] = len(run_tokens) - 1
        run_tokens[-1] += block_tokens.get(index, 0)
    return run_of, run_tokens
