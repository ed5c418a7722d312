/** What applications of strangers differ in, as far as it can matter to the library. */
export const DIMENSIONS = {
  nest: ['11', '12'],
  typeorm: ['none', '0.3', '1'],
  client: ['prom-client', '@prometheus-io/client'],
  releases: ['oldest', 'newest'],
  node: ['20', '22', '24', '26'],
  modules: ['esm', 'cjs'],
  platform: ['express', 'fastify'],
} as const;

export type Dimension = keyof typeof DIMENSIONS;

export type Combination = {
  readonly [Name in Dimension]: (typeof DIMENSIONS)[Name][number];
};

/** What decides which packages npm installs; applications that agree in them share one installation. */
export const INSTALLED = ['nest', 'typeorm', 'client', 'releases'] as const;

const NAMES = Object.keys(DIMENSIONS) as Dimension[];

/** Every combination that can exist. */
export function everyCombination(): Combination[] {
  return product(NAMES).filter(isPossible);
}

/**
 * So few of them that each two values that can meet do so at least once. First the installations are chosen, by
 * themselves: they take the time.
 */
export function pairwiseCombinations(): Combination[] {
  const every = everyCombination();
  const installed = new Set(cover(every, INSTALLED, []).map((combination) => keyOf(combination, INSTALLED)));
  const affordable = every.filter((combination) => installed.has(keyOf(combination, INSTALLED)));
  return cover(affordable, NAMES, [...INSTALLED, 'modules']);
}

export function keyOf(combination: Combination, names: readonly Dimension[]): string {
  return names.map((name) => `${name}=${combination[name]}`).join(' ');
}

/** The values of a combination, two by two. */
export function pairsOf(combination: Combination, names: readonly Dimension[] = NAMES): string[] {
  return names.flatMap((name, index) =>
    names.slice(index + 1).map((other) => keyOf(combination, [name, other])),
  );
}

function isPossible({ client, node }: Combination): boolean {
  // It says so itself: engines `^22 || ^24 || >=26`.
  return client !== '@prometheus-io/client' || node !== '20';
}

function product([name, ...others]: readonly Dimension[]): Combination[] {
  if (name === undefined) return [{} as Combination];
  const rest = product(others);
  return DIMENSIONS[name].flatMap((value) => rest.map((combination) => ({ [name]: value, ...combination })));
}

/**
 * Always takes the candidate with the most pairs that are missing; of equal ones one that shares what is prepared
 * already, by the values of `shared`.
 */
function cover(
  candidates: readonly Combination[],
  names: readonly Dimension[],
  shared: readonly Dimension[],
): Combination[] {
  const missing = new Set(candidates.flatMap((candidate) => pairsOf(candidate, names)));
  const prepared = new Set<string>();
  const chosen: Combination[] = [];
  const worth = (candidate: Combination): number =>
    pairsOf(candidate, names).filter((pair) => missing.has(pair)).length * 2 +
    Number(prepared.has(keyOf(candidate, shared)));
  while (missing.size > 0) {
    const best = candidates.reduce((one, other) => (worth(other) > worth(one) ? other : one));
    chosen.push(best);
    prepared.add(keyOf(best, shared));
    for (const pair of pairsOf(best, names)) missing.delete(pair);
  }
  return chosen;
}
