/**
 * Writes a file of powers of tau, prepared for the second phase, as snarkjs reads it.
 *
 * Everybody knows its secrets, so it proves nothing; it saves the hours that a ceremony and its
 * preparation take. Only what one circuit's setup reads is filled in, the rest is zero.
 */

import fs from "node:fs";

/** What everybody knows: tau, alpha and beta. */
const SECRETS = { tau: 0x1234567n, alpha: 0x89abcdefn, beta: 0xfedcba98n };

/**
 * @param curve BN254 as ffjavascript gives it.
 * @param file Where to write.
 * @param power The Lagrange basis is there for the domain of 2^power elements.
 * @param forGroth16 Whether to write what groth16 takes besides what PLONK takes.
 */
export async function writeDevelopmentPowers(curve, file, power, forGroth16) {
    const { G1, G2, Fr } = curve;
    const width1 = G1.F.n8 * 2;
    const width2 = G2.F.n8 * 2;
    const [tau, alpha, beta] = Object.values(SECRETS).map((secret) => Fr.e(secret));
    const out = fs.openSync(file, "w");
    let position = 0;
    const write = (bytes, at) => fs.writeSync(out, bytes, 0, bytes.length, at);

    function append(bytes) {
        position += write(bytes, position);
    }

    /** Begins a section of a given length, which is zero until it is filled; gives its start. */
    function section(number, length) {
        const head = Buffer.alloc(12);
        head.writeUInt32LE(number, 0);
        head.writeBigUInt64LE(BigInt(length), 4);
        append(head);
        const start = position;
        position += length;
        fs.ftruncateSync(out, position);
        return start;
    }

    const head = Buffer.alloc(12);
    head.write("ptau", 0, "ascii");
    head.writeUInt32LE(1, 4);
    head.writeUInt32LE(11, 8);
    append(head);

    const header = Buffer.alloc(4 + 32 + 8);
    header.writeUInt32LE(32, 0);
    Buffer.from(curve.q.toString(16).padStart(64, "0"), "hex").reverse().copy(header, 4);
    header.writeUInt32LE(power, 36);
    header.writeUInt32LE(power, 40);
    write(header, section(1, header.length));

    const size = 2 ** power;
    const powers1 = section(2, width1 * (2 * size - 1));
    const powers2 = section(3, width2 * size);
    const alphas = section(4, width1 * size);
    const betas = section(5, width1 * size);
    const beta2 = section(6, width2);
    section(7, 4);
    const lagrange1 = section(12, width1 * (4 * size - 1));
    const lagrange2 = section(13, width2 * (2 * size - 1));
    const alphaLagrange = section(14, width1 * (2 * size - 1));
    const betaLagrange = section(15, width1 * (2 * size - 1));

    /** Multiplies the generator by scalars. */
    function multiples(group, scalars) {
        const width = group.F.n8 * 2;
        const bytes = new Uint8Array(width * scalars.length);
        scalars.forEach((scalar, i) => {
            const point = group.toAffine(group.timesFr(group.g, scalar));
            group.toRprLEM(bytes, i * width, point);
        });
        return bytes;
    }

    /** Gives the Lagrange basis of the domain of 2^log elements at tau, or every second of it. */
    function basis(log, first = 0, step = 1) {
        const length = 2 ** log;
        const root = Fr.w[log];
        const vanishing = Fr.sub(Fr.exp(tau, length), Fr.one);
        const factor = Fr.div(vanishing, Fr.e(length));
        const scalars = [];
        for (let i = first, x = Fr.exp(root, first); i < length; i += step) {
            scalars.push(Fr.div(Fr.mul(factor, x), Fr.sub(tau, x)));
            x = Fr.mul(x, Fr.exp(root, step));
        }
        return scalars;
    }

    const generators = multiples(G1, [Fr.one]);
    const repeated = new Uint8Array(width1 * (size + 8));
    for (let i = 0; i < size + 8; i++) repeated.set(generators, i * width1);
    write(await G1.batchApplyKey(repeated, Fr.one, tau, "affine", "affine"), powers1);
    write(multiples(G2, [Fr.one, tau]), powers2);
    write(multiples(G1, [alpha]), alphas);
    write(multiples(G1, [beta]), betas);
    write(multiples(G2, [beta]), beta2);

    const start = (log, width) => (2 ** log - 1) * width;
    const points = multiples(G1, basis(power));
    write(points, lagrange1 + start(power, width1));
    if (forGroth16) {
        write(multiples(G2, basis(power)), lagrange2 + start(power, width2));
        const times = (factor) => G1.batchApplyKey(points, factor, Fr.one, "affine", "affine");
        write(await times(alpha), alphaLagrange + start(power, width1));
        write(await times(beta), betaLagrange + start(power, width1));
        // groth16 divides by what vanishes on the domain, on the other half of the next one.
        const scattered = multiples(G1, basis(power + 1, 1, 2));
        for (let i = 0; i < size; i++) {
            const point = scattered.subarray(i * width1, (i + 1) * width1);
            write(point, lagrange1 + start(power + 1, width1) + (2 * i + 1) * width1);
        }
    }
    fs.closeSync(out);
}
