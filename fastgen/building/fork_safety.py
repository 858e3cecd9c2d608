"""Say whether this process may be copied (fork), and tie a copy to it."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def may_fork() -> bool:
    """Say whether copies of this process can do a part of its work.

    Not if one of its threads may hold a lock that a copy would wait for: those of Python may. Those of
    compiled libraries don't count, for what copies do asks for nothing that such threads lock: it compiles,
    computes and writes files, and where it reads one, with PyArrow, which can be copied. On macOS the
    system's own libraries can't. A daemon of multiprocessing has no children, and whoever ignores SIGCHLD
    doesn't hear how they end.
    """
    return (
        sys.platform == "linux"
        and threading.active_count() == 1
        and not multiprocessing.current_process().daemon
        and signal.getsignal(signal.SIGCHLD) != signal.SIG_IGN
    )


def end_with(parent: int) -> None:
    """Let the kernel kill this process once its parent has ended, whatever it is at then.

    Parameters
    ----------
    parent
        The parent's process id.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was sooner
        os._exit(1)
