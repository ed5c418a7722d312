import type { Logger } from '../core/tool/logger.js';
import { RegistryLease } from '../registry/registry-lease.js';
import { processWideRegistry } from '../registry/default-registry.js';
import type { MetricsRegistry } from '../registry/metrics-registry.js';
import { activeScope } from '../request-scope/request-scope.js';
import { decoratedClasses, decoratedClassesAdded } from './decorated-classes.js';
import { MetricsOwner } from './metrics-owner.js';

/** Classes with decorated methods of one application, and their instances. */
export interface OwnedClasses {
  hasClass(target: unknown): boolean;
  hasInstance(instance: object): boolean;
}

/** An application that decorated methods can find. */
export class LiveApplication {
  /** Weak, so that applications that failed to start or were never closed can be collected. */
  private readonly classes: WeakRef<OwnedClasses>;

  constructor(
    readonly owner: MetricsOwner,
    classes: OwnedClasses,
  ) {
    this.classes = new WeakRef(classes);
    applications = [...applications.filter(({ isAlive }) => isAlive), this];
    epoch += 1;
  }

  get isAlive(): boolean {
    return this.classes.deref() !== undefined;
  }

  hasClass(target: unknown): boolean {
    return this.classes.deref()?.hasClass(target) ?? false;
  }

  hasInstance(instance: object): boolean {
    return this.classes.deref()?.hasInstance(instance) ?? false;
  }

  /** Called when its classes may have changed. */
  changed(): void {
    epoch += 1;
  }

  /** Idempotent. */
  close(): void {
    applications = applications.filter((application) => application !== this && application.isAlive);
    epoch += 1;
  }
}

/** In order of creation. */
let applications: readonly LiveApplication[] = [];
let epoch = 0;

/** Increases whenever applications come or go: earlier choices are then stale. */
export function ownersEpoch(): number {
  return epoch;
}

/**
 * Returns the owner of all calls of a class's methods, or `undefined` if they are not recorded. `'by call'` means that it
 * differs between calls, see {@link ownerOfCall}.
 *
 * @param target - the class of the instance whose method is called
 */
export function ownerOfClass(target: unknown): MetricsOwner | 'by call' | undefined {
  const [first, ...others] = applications.filter((application) => application.hasClass(target));
  if (first !== undefined && others.length === 0) {
    return first.owner;
  }
  if (applications.length > 0 && applications.every(({ owner }) => owner.silent)) {
    return undefined;
  }
  const processWide = processWideRegistry();
  return applications.every(({ owner }) => owner.registry.registry === processWide)
    ? processWideOwner()
    : 'by call';
}

/** Returns whether {@link ownerOfClass} returns the same for every class in this epoch. */
export function classesShareOwner(): boolean {
  if (applications.every(({ owner }) => owner.silent)) {
    return true;
  }
  const [first] = applications;
  return applications.length === 1 && first?.owner.registry.registry === processWideRegistry();
}

/** Returns the owner of the instance, else of the active request scope, else the process-wide one. */
export function ownerOfCall(self: unknown): MetricsOwner {
  const instance = typeof self === 'object' ? self : null;
  const found = instance && applications.find((application) => application.hasInstance(instance));
  return (found ?? applicationOfScope())?.owner ?? processWideOwner();
}

function applicationOfScope(): LiveApplication | undefined {
  const scope = activeScope();
  return scope && applications.find(({ owner }) => owner.registry === scope.owner);
}

let needsScopes = false;
/** The state that `needsScopes` was computed for; it is read at each request. */
let needsScopesInEpoch = -1;
let needsScopesOfClasses = -1;

/** Returns whether requests must open a scope, because some decorated method finds its owner only by it. */
export function decoratorsNeedScopes(): boolean {
  const classes = decoratedClassesAdded();
  if (needsScopesInEpoch !== epoch || needsScopesOfClasses !== classes) {
    needsScopesInEpoch = epoch;
    needsScopesOfClasses = classes;
    needsScopes = decoratedClasses().some((target) => ownerOfClass(target) === 'by call');
  }
  return needsScopes;
}

const withoutApplication = new WeakMap<MetricsRegistry, MetricsOwner>();
const processWarnings: Logger = {
  log: () => {},
  warn: (message) => process.emitWarning(message, 'HyperMetricsWarning'),
};

/** Returns the owner of the application that provides the process-wide metrics, else one for code without an application. */
function processWideOwner(): MetricsOwner {
  const registry = processWideRegistry();
  const application = applications.find(({ owner }) => owner.registry.registry === registry);
  if (application !== undefined) {
    return application.owner;
  }
  let owner = withoutApplication.get(registry);
  if (owner === undefined) {
    owner = new MetricsOwner(new RegistryLease(registry), processWarnings);
    withoutApplication.set(registry, owner);
  }
  return owner;
}
