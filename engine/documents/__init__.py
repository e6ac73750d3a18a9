"""Reads the files behind declared documents and holds them to what was declared. Keeps no file and computes no feature."""
