"""`python -m features`: prints the feature book, from which README.md is made."""

from features.book import book
from features.catalogue import catalogue

print(book(catalogue()), end="")
