"""OSS as a filesystem of fsspec's: what pandas, polars, pyarrow, DuckDB and Dask read and write through.

Importing this file is cheap; fsspec is loaded with `filesystem.py`.
"""
