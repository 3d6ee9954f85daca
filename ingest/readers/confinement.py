"""What the kernel takes from a process before it looks at files of other people.

Where a system does not know a means, the process goes on without it: the parent's clock holds everywhere.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass

MEMORY_BYTES = 1536 * 1024 * 1024
_OPEN_FILES = 64

# Linux, on every architecture.
_NEW_USER, _NEW_NETWORK = 0x1000_0000, 0x4000_0000
_CAPABILITIES = 0x2008_0522
_NO_NEW_PRIVILEGES = 38
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_ASK_FOR_VERSION = 1
_EXECUTE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 2, 1 << 3
_ACCESSES_TO_FILES = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many kinds of access Landlock tells apart, by its version."""
_ANY_PORT = 0b11
_OUTSIDERS = 0b11


_NOT_LINUX = "only Linux can do that"


@dataclass(frozen=True, slots=True)
class Gaps:
    """Why the kernel did not take something away; empty where it did."""

    network: str
    files: str
    """Writing to files, and starting programs."""


def confine(*, may_start_programs: bool) -> Gaps:
    """Bound memory and open files, forbid writing and core dumps, and cut the network off.

    Unless it `may_start_programs`, the process can start none.
    """
    limit(resource.RLIMIT_AS, MEMORY_BYTES)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, 0)
    limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    gaps = Gaps(_NOT_LINUX, _NOT_LINUX)
    if sys.platform.startswith("linux"):
        gaps = Gaps(_leave_the_network(), _renounce(0 if may_start_programs else _EXECUTE))
    if not may_start_programs:
        limit(resource.RLIMIT_NPROC, 0)
    return gaps


def limit(kind: int, most: int) -> None:
    """Lower a limit of this process."""
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _leave_the_network() -> str:
    """Move into a network of its own, where there is nothing; say why not, if that fails."""
    # Root needs no user namespace, and would lose its right to read other people's files in one.
    system = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0 and system.unshare(_NEW_NETWORK) == 0:
        return ""
    if system.unshare(_NEW_USER | _NEW_NETWORK) != 0:
        return f"the kernel gives no network namespace ({os.strerror(ctypes.get_errno())})"
    # Whoever makes a user namespace may do anything in it.
    system.capset(struct.pack("=Ii", _CAPABILITIES, 0), bytes(24))
    return ""


def _renounce(more: int) -> str:
    """Give up, by Landlock, every access to files but reading, and `more`; TCP, and processes outside.

    Say why not, if that fails.
    """
    system = ctypes.CDLL(None, use_errno=True)
    version = system.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_FOR_VERSION)
    if version < 1:
        return f"the kernel has no Landlock ({os.strerror(ctypes.get_errno())})"
    known = (1 << _ACCESSES_TO_FILES[min(version, max(_ACCESSES_TO_FILES))]) - 1
    files = known & ~(_READ_FILE | _READ_FOLDER | _EXECUTE) | more
    rights = [files, *([_ANY_PORT] if version >= 4 else []), *([_OUTSIDERS] if version >= 6 else [])]
    attributes = struct.pack(f"={len(rights)}Q", *rights)
    rules = system.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        return f"Landlock takes no rules ({os.strerror(ctypes.get_errno())})"
    system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    refused = system.syscall(_RESTRICT_SELF, rules, 0) != 0
    reason = f"Landlock does not apply its rules ({os.strerror(ctypes.get_errno())})" if refused else ""
    os.close(rules)
    return reason
