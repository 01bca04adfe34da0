"""Circles of arrows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

#: From whom, to whom, and where that stands.
Arrows = Mapping[str, Mapping[str, str]]


def circles(arrows: Arrows) -> list[str]:
    """A shortest circle through each node that is in one, but not in one before: ``a -> b (where) -> a (where)``."""
    found = []
    done: set[str] = set()
    for start in sorted(arrows):
        if start in done:
            continue
        circle = _shortest(arrows, start)
        if circle:
            done |= set(circle)
            steps = (f" -> {to} ({arrows[by][to]})" for by, to in pairwise(circle))
            found.append(circle[0] + "".join(steps))
    return found


def _shortest(arrows: Arrows, start: str) -> list[str]:
    """The shortest way from a node to itself, empty if there is none."""
    came_from: dict[str, str] = {}
    layer = [start]
    while layer:
        following = []
        for node, to in _steps(arrows, layer):
            if to == start:
                return [*_way(came_from, start, node), start]
            if to not in came_from:
                came_from[to] = node
                following.append(to)
        layer = following
    return []


def _steps(arrows: Arrows, nodes: list[str]) -> Iterator[tuple[str, str]]:
    """All arrows from these nodes to others."""
    for node in nodes:
        for to in sorted(arrows.get(node, ())):
            if to != node:
                yield node, to


def _way(came_from: Mapping[str, str], start: str, node: str) -> list[str]:
    way = [node]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]
