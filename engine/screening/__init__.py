"""Watch lists: their readers, the comparable form of names, and matching with reasons. Stores nothing."""
