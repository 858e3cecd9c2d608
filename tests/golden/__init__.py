"""Golden checksums: digests of known datasets, and answers of twenty queries to the canonical one.

`python -m tests.golden FILE` writes them anew, after a change that is meant to change the data. fastgen
itself reads only the digests, for `fastgen verify --against`.
"""
