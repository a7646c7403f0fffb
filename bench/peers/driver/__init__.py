"""Drives the peer programs; scripts/bench-peers calls main.main()."""
