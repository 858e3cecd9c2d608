"""What all compiled code shares: the compiler's settings, random words, elementary functions, hashes, copies.

Kernels take bare arrays and numbers, write into arrays that the caller made, and check nothing. The kernels
of one subject are in that room's own folder `kernels`.
"""
