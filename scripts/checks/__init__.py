"""The rules of scripts/check, one file per kind of input."""
