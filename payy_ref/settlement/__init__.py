"""The rollup on L1: what the contracts do, as pure transitions of one state."""
