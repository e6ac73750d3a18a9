"""The engine of diversion, floors 1 to 8; an import only points down (see README, the house)."""
