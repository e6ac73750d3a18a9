"""One file a resource; a route parses, calls one workflow and answers."""
