"""Turn windows of a dataset's time into wire events.

A `Slicer` reads the rows of a window in order, as chunks (`slicer`, `row_groups`). An encoder turns them
into JSON lines or tables: `bulk` with compiled kernels, `plain` for a few rows without them. `formats` has a
writer for each kind of file; `slice_file` uses them, and so do replays, above this room.
"""
