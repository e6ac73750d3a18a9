"""The one error of the feature catalogue; knows no other error of this project.

Floor 0 imports nothing from above it, so this is a plain exception and no member of the engine's error tree. Whoever
serves the catalogue turns it into `engine.errors.CatalogueError`, with the same message.
"""


class CatalogueError(Exception):
    """A feature file contradicts itself, its neighbour or a promise of the house; says where and what to do."""
