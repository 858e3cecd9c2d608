"""Copy parts of arrays as one block of memory, and read and write eight bytes as one word.

Kernels copy many short texts. LLVM doesn't vectorise a loop over arrays that might overlap, and a NumPy slice
assignment checks for overlap each time: with them, a build takes 1.4 to 1.9 times the processor time. An
access to an array element also takes longer to compile than one of these calls.

Each operation has two forms: LLVM code, and NumPy for runs without the compiler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 32  # bytes: one AVX register, or two of SSE or NEON
_WORD = 8  # bytes


def _copy_slices(
    source: NDArray[np.generic], first: int, target: NDArray[np.generic], at: int, n: int
) -> None:
    target[at : at + n] = source[first : first + n]


def _copy_block_slices(source: NDArray[np.uint8], first: int, target: NDArray[np.uint8], at: int) -> None:
    target[at : at + BLOCK] = source[first : first + BLOCK]


def _load_slice(source: NDArray[np.uint8], at: int) -> np.uint64:
    return np.uint64(int.from_bytes(source[at : at + _WORD].tobytes(), "little"))


def _store_slice(word: np.uint64, target: NDArray[np.uint8], at: int) -> None:
    target[at : at + _WORD] = np.frombuffer(int(word).to_bytes(_WORD, "little"), np.uint8)


def _address(context: Any, builder: Any, kind: Any, array: Any, offset: Any) -> Any:
    """Compute the address of an array's element `offset` in LLVM; nothing checks the bounds."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [offset])


@intrinsic
def _copy_items(
    _typing_context: Any, source: Any, _first: Any, target: Any, _at: Any, _n: Any
) -> tuple[Any, Any]:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source_kind, _, target_kind, *_ = signature.args
        to = _address(context, builder, target_kind, args[2], args[3])
        origin = _address(context, builder, source_kind, args[0], args[1])
        itemsize = context.get_abi_sizeof(context.get_data_type(source.dtype))
        cgutils.raw_memcpy(builder, to, origin, args[4], itemsize)
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64, types.int64), generate


@intrinsic
def _copy_block(_typing_context: Any, source: Any, _first: Any, target: Any, _at: Any) -> tuple[Any, Any]:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source_kind, _, target_kind, _ = signature.args
        to = _address(context, builder, target_kind, args[2], args[3])
        origin = _address(context, builder, source_kind, args[0], args[1])
        # A constant size: LLVM emits a few moves instead of a call of memcpy.
        cgutils.raw_memcpy(builder, to, origin, context.get_constant(types.int64, BLOCK), 1)
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64), generate


def _word_pointer(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    words = context.get_data_type(types.uint64).as_pointer()
    return builder.bitcast(_address(context, builder, kind, array, at), words)


@intrinsic
def _load_word(_typing_context: Any, source: Any, _at: Any) -> tuple[Any, Any]:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        # align=1: texts begin at any byte.
        return builder.load(_word_pointer(context, builder, signature.args[0], *args), align=1)

    return types.uint64(source, types.int64), generate


@intrinsic
def _store_word(_typing_context: Any, _word: Any, target: Any, _at: Any) -> tuple[Any, Any]:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[0], _word_pointer(context, builder, signature.args[1], *args[1:]), align=1)
        return context.get_dummy_value()

    return types.void(types.uint64, target, types.int64), generate


# copy_items(source, first, target, at, n): target[at:at+n] = source[first:first+n]. Both arrays must be
# C-contiguous and have the same dtype; the two parts must lie within bounds and must not overlap.
copy_items = _copy_slices if config.DISABLE_JIT else _copy_items
# copy_block(source, first, target, at): the same for uint8 arrays and n = BLOCK.
copy_block = _copy_block_slices if config.DISABLE_JIT else _copy_block
# load_word(source, at): the bytes source[at:at+8] of a uint8 array, as a little-endian uint64.
load_word = _load_slice if config.DISABLE_JIT else _load_word
# store_word(word, target, at): write a uint64 to target[at:at+8], little-endian.
store_word = _store_slice if config.DISABLE_JIT else _store_word
