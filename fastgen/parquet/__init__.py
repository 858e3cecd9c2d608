"""Write Parquet files: encode and compress pages, and write column chunks and the footer.

`file` writes a file row group by row group. A column becomes `pages`: values in one of the `encodings`,
compressed by one of the `codecs`. `schema` has the types of columns, and `thrift` encodes headers and the
footer. `chunk_hashes` is how readers find damage, and `whole_file` how a file appears only when it is
complete.
"""
