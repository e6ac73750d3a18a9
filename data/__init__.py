"""Reference data and the seeded synthetic world, as files with their cards."""
