"""JSON Schemas of the files of a template folder, so that editors complete and check them.

`.ci/write_schemas.py` makes them from the classes that describe the files; tests compare the two.
"""
