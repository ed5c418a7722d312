import type { Logger } from '../core/logger.js';
import { ApplicationRegistry } from '../registry/application-registry.js';
import { processWideRegistry } from '../registry/default-registry.js';
import type { MetricsRegistry } from '../registry/metrics-registry.js';
import { activeScope } from '../request-scope/request-scope.js';
import { decoratedClasses, decoratedClassesAdded } from './decorated-classes.js';
import { MetricsOwner, type OwnedClasses } from './metrics-owner.js';

/** The live applications, in the order in which they were opened. */
const openOwners: MetricsOwner[] = [];
let epoch = 0;

/** Lets decorated methods find an application; calling the result takes it out again. */
export function openMetricsOwner(owner: MetricsOwner): () => void {
  openOwners.push(owner);
  epoch += 1;
  return () => {
    const index = openOwners.indexOf(owner);
    if (index >= 0) {
      openOwners.splice(index, 1);
      epoch += 1;
    }
  };
}

/** Rises whenever applications come or go: what was chosen before must be chosen again. */
export function ownersEpoch(): number {
  return epoch;
}

/**
 * Where the calls of a class's methods go: always to one owner (`undefined`: nowhere), or to one that each call
 * decides, by {@link ownerOfCall}, among `candidates`.
 */
export type OwnerChoice =
  | { readonly always: true; readonly owner: MetricsOwner | undefined }
  | { readonly always: false; readonly candidates: readonly MetricsOwner[] };

/** @param target - the class of the instance that a method is called on */
export function chooseOwner(target: unknown): OwnerChoice {
  const candidates = openOwners.filter(({ classes }) => classes.hasClass(target));
  if (candidates.length === 1) {
    return { always: true, owner: candidates[0] };
  }
  if (openOwners.length > 0 && openOwners.every(({ silent }) => silent)) {
    return { always: true, owner: undefined };
  }
  const processWide = processWideRegistry();
  if (openOwners.every(({ registry }) => registry.registry === processWide)) {
    return { always: true, owner: processWideOwner() };
  }
  return { always: false, candidates };
}

/** The owner of the instance, else of the active request scope, else the process-wide one. */
export function ownerOfCall(self: unknown, candidates: readonly MetricsOwner[]): MetricsOwner {
  if (candidates.length > 0 && typeof self === 'object' && self !== null) {
    const owner = candidates.find(({ classes }) => classes.hasInstance(self));
    if (owner !== undefined) {
      return owner;
    }
  }
  const scope = activeScope();
  const owner = scope && openOwners.find(({ registry }) => registry === scope.owner);
  return owner ?? processWideOwner();
}

let needsScopes = false;
let needsScopesFor = '';

/** Whether some decorated method can be attributed by a request scope only, so that requests must open one. */
export function decoratorsNeedScopes(): boolean {
  const state = `${epoch}:${decoratedClassesAdded()}`;
  if (state !== needsScopesFor) {
    needsScopesFor = state;
    needsScopes = decoratedClasses().some((target) => !chooseOwner(target).always);
  }
  return needsScopes;
}

const withoutApplication = new WeakMap<MetricsRegistry, MetricsOwner>();
const noClasses: OwnedClasses = { hasClass: () => false, hasInstance: () => false };
const processWarnings: Logger = {
  log: () => {},
  warn: (message) => process.emitWarning(message, 'HyperMetricsWarning'),
};

/** Of the application that provides the process-wide metrics, else one for code without any application. */
function processWideOwner(): MetricsOwner {
  const registry = processWideRegistry();
  const open = openOwners.find((owner) => owner.registry.registry === registry);
  if (open !== undefined) {
    return open;
  }
  let owner = withoutApplication.get(registry);
  if (owner === undefined) {
    owner = new MetricsOwner(new ApplicationRegistry(registry), processWarnings, noClasses);
    withoutApplication.set(registry, owner);
  }
  return owner;
}
