pragma circom 2.1.0;

include "circomlib/circuits/poseidon.circom";

// A chain of hashes of two field elements each: the last one, and what was hashed first.
template HashChain(count) {
    signal input start;
    signal output end;
    signal link[count + 1];
    link[0] <== start;
    for (var i = 0; i < count; i++) {
        link[i + 1] <== Poseidon(2)([link[i], start]);
    }
    end <== link[count];
}
