import type { Compared } from './compared-application.js';
import type { Counted } from './peer.js';

/** What the word for a request that nobody answered is here; others have none, or 0. */
const LEFT = 499;

export const NOTHING = '–';

/** How many cases the peer counted once for each request, and how many of them with the status that was sent. */
export function totalsOf(compared: readonly Compared[]): string {
  const counted = compared.filter((one) => isCountedOnce(one));
  return `${counted.length} / ${counted.filter((one) => hasSentStatus(one)).length}`;
}

/** What the peer counted of one case, in a word. */
export function outcomeOf(compared: Compared): string {
  const { counted, expected } = compared;
  const requests = totalOf(counted);
  if (requests === 0) return 'no';
  if (!isCountedOnce(compared)) return `${requests} of ${expected.requests ?? 1}`;
  return hasSentStatus(compared)
    ? 'yes'
    : `as ${[...new Set(counted.map(({ status }) => status))].join(', ')}`;
}

/** The label of the route, as a page writes it. */
export function labelOf(compared: Compared | undefined): string {
  const routes = [
    ...new Set(compared?.counted.map(({ route }) => (route === '' ? 'no label' : `\`${route}\``))),
  ];
  return routes.length === 0 ? NOTHING : routes.join(', ');
}

function isCountedOnce({ counted, expected }: Compared): boolean {
  return totalOf(counted) === (expected.requests ?? 1);
}

function hasSentStatus({ counted, expected }: Compared): boolean {
  const accepted = expected.status === LEFT ? [String(LEFT), '', '0'] : [String(expected.status)];
  return counted.every(({ status }) => accepted.includes(status));
}

function totalOf(counted: readonly Counted[]): number {
  return counted.reduce((sum, { requests }) => sum + requests, 0);
}
