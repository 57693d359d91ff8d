"""
Chains to run the contracts on, with one interface: one inside this process, or a real local node.

Has effects. Importing `embedded`, `node` or `chain` loads web3 and takes a second or more; import
them where they are used.
"""
