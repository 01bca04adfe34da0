"""Ways of writing records: the module's text, JSON, Parquet, Perfetto, and as strace does; tables; atomic files."""
