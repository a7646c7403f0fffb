"""The rules of scripts/check, by what they read."""
