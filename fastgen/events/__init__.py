"""Define the event table; expand orders to its columns, digest them, encode them as row groups.

`schema` defines the table. `buffers` expands orders into columns, with the JSON that `body` makes of items.
`digest` hashes a location-day of them, and `day_digest` a dataset; `row_group` encodes them for event files.
"""
