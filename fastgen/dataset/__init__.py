"""Datasets on disk: layout, manifest and index; `reading` reads their files, `verify` checks them."""
