import type { Logger } from '../core/tool/logger.js';
import { RegistryLease } from '../registry/registry-lease.js';
import { processWideRegistry } from '../registry/default-registry.js';
import type { MetricsRegistry } from '../registry/metrics-registry.js';
import { activeScope } from '../request-scope/request-scope.js';
import { decoratedClasses, decoratedClassesAdded } from './decorated-classes.js';
import { MetricsOwner } from './metrics-owner.js';

/** The classes with decorated methods of one application, and their instances. */
export interface OwnedClasses {
  hasClass(target: unknown): boolean;
  hasInstance(instance: object): boolean;
}

/** An application that decorated methods can find. */
export class LiveApplication {
  /** Weakly: an application that failed to start, or that a test forgot to close, is not kept alive by this. */
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

  /** It may have other classes now. */
  changed(): void {
    epoch += 1;
  }

  /** Idempotent. */
  close(): void {
    applications = applications.filter((application) => application !== this && application.isAlive);
    epoch += 1;
  }
}

/** In the order in which they were made. */
let applications: readonly LiveApplication[] = [];
let epoch = 0;

/** Rises whenever applications come or go: what was chosen before must be chosen again. */
export function ownersEpoch(): number {
  return epoch;
}

/**
 * Where every call of a class's methods goes: to one owner, or to none (`undefined`). `'by call'`: each call decides, see
 * {@link ownerOfCall}.
 *
 * @param target - the class of the instance that a method is called on
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

/** Whether {@link ownerOfClass} gives every class the same answer in this epoch. */
export function classesShareOwner(): boolean {
  if (applications.every(({ owner }) => owner.silent)) {
    return true;
  }
  const [first] = applications;
  return applications.length === 1 && first?.owner.registry.registry === processWideRegistry();
}

/** The owner of the instance, else of the active request scope, else the process-wide one. */
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
/** What it was found out for; requests ask for it again and again. */
let needsScopesInEpoch = -1;
let needsScopesOfClasses = -1;

/** Whether some decorated method can be attributed by a request scope only, so that requests must open one. */
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

/** Of the application that provides the process-wide metrics, else one for code without any application. */
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
