"""Database backends that count what is written: statements, and transactions in which any were.

A process keeps its two counts in a file of its own, in the folder that ``FOLDER`` names; whoever
runs the processes adds them up.
"""

from __future__ import annotations

import mmap
import os
import struct
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = "BENCH_COUNTS"  # in the environment

_LAYOUT = struct.Struct("qq")
_WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Written:
    """So many statements that write, and so many transactions that had any."""

    statements: int
    commits: int

    def since(self, before: Written) -> Written:
        return Written(self.statements - before.statements, self.commits - before.commits)


def written(folder: Path) -> Written:
    """What all processes together wrote so far."""
    counts = [_LAYOUT.unpack(file.read_bytes()) for file in folder.iterdir()]
    return Written(sum(row[0] for row in counts), sum(row[1] for row in counts))


class _Counts:
    """Those of this process. It has its file when it first writes: servers fork before that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._path = Path()

    def add(self, statements: int, commits: int) -> None:
        path = Path(os.environ[FOLDER]) / str(os.getpid())
        with self._lock:
            if self._path != path:
                self._open(path)
            before = _LAYOUT.unpack_from(self._kept)
            _LAYOUT.pack_into(self._kept, 0, before[0] + statements, before[1] + commits)

    def _open(self, path: Path) -> None:
        self._path = path
        path.write_bytes(_LAYOUT.pack(0, 0))
        with path.open("r+b") as file:
            self._kept = mmap.mmap(file.fileno(), _LAYOUT.size)


_counts = _Counts()


class CountingWrapper:
    """To be mixed into a backend's DatabaseWrapper, before it."""

    in_atomic_block: bool

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._has_written = False
        self.execute_wrappers: list[Any] = [self._count]

    def _count(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.lstrip("( ").startswith(_WRITES):
            self._has_written = self.in_atomic_block
            _counts.add(1, 0 if self.in_atomic_block else 1)
        return result

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        if self._has_written:
            self._has_written = False
            _counts.add(0, 1)

    def _rollback(self) -> None:
        self._has_written = False
        super()._rollback()  # type: ignore[misc]
