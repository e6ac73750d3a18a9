"""The DuckDB file: opening it, its records, the audit chain and the working tables projected from the records. Knows no risk."""
