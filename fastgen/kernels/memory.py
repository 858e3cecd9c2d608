"""Move stretches of arrays as one block, and bytes as words.

An element loop over arrays that might overlap isn't vectorised, and a NumPy slice assignment in a kernel
checks for overlap each time; these texts are short and many. Every access to an element of an array also
costs the compiler more than one of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 32
_WORD = 8


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
        cgutils.raw_memcpy(builder, to, origin, context.get_constant(types.int64, BLOCK), 1)
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64), generate


def _word_pointer(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    words = context.get_data_type(types.uint64).as_pointer()
    return builder.bitcast(_address(context, builder, kind, array, at), words)


@intrinsic
def _load_word(_typing_context: Any, source: Any, _at: Any) -> tuple[Any, Any]:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_word_pointer(context, builder, signature.args[0], *args), align=1)

    return types.uint64(source, types.int64), generate


@intrinsic
def _store_word(_typing_context: Any, _word: Any, target: Any, _at: Any) -> tuple[Any, Any]:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[0], _word_pointer(context, builder, signature.args[1], *args[1:]), align=1)
        return context.get_dummy_value()

    return types.void(types.uint64, target, types.int64), generate


# copy_items(source, first, target, at, n): target[at:at+n] = source[first:first+n]; both C-contiguous, of one
# dtype, apart from each other and within bounds.
copy_items = _copy_slices if config.DISABLE_JIT else _copy_items
# copy_block(source, first, target, at): the same for uint8 and BLOCK bytes, without a call.
copy_block = _copy_block_slices if config.DISABLE_JIT else _copy_block
# load_word(source, at): source[at:at+8], uint8, as a little-endian uint64.
load_word = _load_slice if config.DISABLE_JIT else _load_word
# store_word(word, target, at): the reverse.
store_word = _store_slice if config.DISABLE_JIT else _store_word
