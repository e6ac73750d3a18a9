"""One module a page: fetch, choose, draw."""
