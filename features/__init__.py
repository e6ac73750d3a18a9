"""What is computed of an application, and what it means: one `.sql` and one `.toml` a family. Knows nothing of the engine."""
