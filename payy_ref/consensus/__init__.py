"""Sequencers: who they are, what their signatures certify, when a block is committed."""
