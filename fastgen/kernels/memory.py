"""Copy stretches of arrays as one block move.

An element loop over arrays that might overlap isn't vectorised, and a NumPy slice assignment in a kernel
checks for overlap each time; these texts are short and many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def _copy_slices(
    source: NDArray[np.generic], first: int, target: NDArray[np.generic], at: int, n: int
) -> None:
    target[at : at + n] = source[first : first + n]


@intrinsic
def _copy_block(
    _typing_context: Any, source: Any, _first: Any, target: Any, _at: Any, _n: Any
) -> tuple[Any, Any]:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointers = []
        for kind, array, offset in (
            (signature.args[2], args[2], args[3]),
            (signature.args[0], args[0], args[1]),
        ):
            data = context.make_array(kind)(context, builder, array).data
            pointers.append(builder.gep(data, [offset]))
        itemsize = context.get_abi_sizeof(context.get_data_type(source.dtype))
        cgutils.raw_memcpy(builder, pointers[0], pointers[1], args[4], itemsize)
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64, types.int64), generate


# copy_items(source, first, target, at, n): target[at:at+n] = source[first:first+n]; both C-contiguous, of one
# dtype, apart from each other and within bounds.
copy_items = _copy_slices if config.DISABLE_JIT else _copy_block
