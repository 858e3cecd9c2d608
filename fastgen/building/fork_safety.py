"""Decide whether this process may be copied by fork, and end a copy together with it."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def may_fork() -> bool:
    """Say whether copies of this process can make files for it.

    A copy has only the thread that called fork. If another Python thread had a lock at that moment, the copy
    would wait for it forever, so there must be none. Threads of compiled libraries don't matter: copies
    compile kernels, compute, write files, and read files with PyArrow, and none of that needs the locks of
    such threads.

    Copies aren't possible on macOS, whose system libraries don't work after fork; in daemons of
    multiprocessing, which may have no children; and in a process that ignores SIGCHLD, which can't find out
    how its children ended.
    """
    return (
        sys.platform == "linux"
        and threading.active_count() == 1
        and not multiprocessing.current_process().daemon
        and signal.getsignal(signal.SIGCHLD) != signal.SIG_IGN
    )


def end_with(parent: int) -> None:
    """Let the kernel kill this process as soon as its parent ends.

    Parameters
    ----------
    parent
        Process id of the parent.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the call
        os._exit(1)
