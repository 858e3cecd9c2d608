"""Write Parquet files: encode and compress pages, and write column chunks and the footer."""
