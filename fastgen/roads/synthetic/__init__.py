"""Generate the four built-in road networks: invented streets on the real outlines of four cities.

How a network comes about: `cities/` holds each city's geography as data, `grids` and `suburbs` lay streets
into its districts, `freeways` adds carriageways and ramps, `planar` makes crossing streets meet at nodes,
`network` cleans that up into a graph, `flow` keeps it drivable, `curves` bends the streets between
junctions; `assembly` tells the whole story.
``python -m fastgen.roads.synthetic`` writes the files, and with ``--check`` compares them.
"""
