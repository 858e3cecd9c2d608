"""Invent road networks: the streets of a city that is drawn up from a style, or planned by hand.

How a network comes about: `invention` takes a place and words for it, `styles` draws up a plan from them
(`ground`: water, parks and main roads; `districts`), `plan` says what a plan is. `grids` and `suburbs` lay
streets into its districts, `freeways` adds carriageways and ramps, `planar` makes crossing streets meet at
nodes, `network` cleans that up into a graph, `contraction` joins streets from junction to junction, `flow`
keeps it drivable, `curves` bends the streets between junctions; `assembly` tells that whole story.
The four built-in networks have plans of their own, in benchmarks/cities.
"""
