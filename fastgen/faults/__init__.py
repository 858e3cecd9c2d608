"""Break a stream on purpose, and keep a ledger of every fault, so that it can be undone.

A faults file (`plan`) has a seed and a list of faults. `rules` fits them to a dataset and chooses the events
that each one hits: `draws` makes that a pure function of seed, number of the fault and event id, so it is the
same in any window, run or batch. `apply` changes the lines of the events that are hit (`changes`), one fault
after another. `stream` orders what is left by the time of its emission, and holds back what is late. The
ledger (`ledger`) has a row for each fault and event; `undo` makes the clean stream from both again.

Events that no fault hits are encoded as without faults. `slice_file` breaks slices. Replays and live
kitchens, which are above this room, use `windows`.
"""
