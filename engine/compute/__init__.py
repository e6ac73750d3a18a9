"""From filings to a feature matrix: subject and history relations, then the families, on DuckDB or on Spark. Knows no risk."""
