"""What is computed of an application, and what it means: a `.sql` and a `.toml` each family. Knows no engine."""
