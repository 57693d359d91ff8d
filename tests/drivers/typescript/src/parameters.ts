// The numbers in which one network differs from another, from the preset files of the specification.

export interface Parameters {
  readonly treeDepth: bigint;
  readonly groups: number;
  readonly transactionsPerGroup: number;
}

export const PRESETS: ReadonlyMap<unknown, Parameters> = new Map([
  ["mainnet", { treeDepth: 160n, groups: 2, transactionsPerGroup: 3 }],
  ["minimal", { treeDepth: 8n, groups: 2, transactionsPerGroup: 1 }],
]);
