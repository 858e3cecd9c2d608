"""What all compiled code shares: random words, elementary functions, hashes, copies.

Kernels take bare arrays and numbers, write into arrays that the caller made, and check nothing. `fastgen.jit`
compiles them. The kernels of one subject are in that room's own folder `kernels`.
"""
