import { decoratedLineage } from '../decorators/decorated-classes.js';
import type { OwnedClasses } from '../decorators/metrics-owners.js';

/** The part of Nest's `InstanceWrapper` that is read here (Nest 11 to 12.5). */
interface Wrapper {
  readonly metatype: unknown;
  readonly instance: unknown;
  readonly isTransient: boolean;
  getStaticTransientInstances(): readonly ({ readonly instance?: unknown } | undefined)[];
}

type Wrappers = ReadonlyMap<unknown, Wrapper>;

/** The part of Nest's `ModulesContainer` that is read here. */
export interface ModulesLike {
  readonly size: number;
  values(): Iterable<{
    readonly providers: Wrappers;
    readonly controllers: Wrappers;
    readonly injectables: Wrappers;
    readonly middlewares: Wrappers;
  }>;
}

/** Classes with decorated methods in one application's container, and their instances. */
export class DecoratedProviders implements OwnedClasses {
  private readonly classes = new Set<object>();
  private readonly instances = new WeakSet<object>();
  /** Number of modules read so far: modules can be loaded later. */
  private readModules = 0;
  /** During start-up, classes may not have instances yet. */
  private isComplete = false;

  constructor(private readonly modules: ModulesLike) {}

  hasClass(target: unknown): boolean {
    this.readNewModules();
    return this.classes.has(target as object);
  }

  hasInstance(instance: object): boolean {
    this.readNewModules();
    if (!this.isComplete && !this.instances.has(instance)) {
      this.readModules = 0;
      this.readNewModules();
    }
    return this.instances.has(instance);
  }

  /** Called when all instances exist. */
  complete(): void {
    this.readModules = 0;
    this.readNewModules();
    this.isComplete = true;
  }

  /** Returns the classes that declare decorated methods. */
  declaringClasses(): object[] {
    this.readNewModules();
    return [...new Set([...this.classes].flatMap(decoratedLineage))];
  }

  private readNewModules(): void {
    if (this.readModules === this.modules.size) {
      return;
    }
    this.readModules = this.modules.size;
    for (const { providers, controllers, injectables, middlewares } of this.modules.values()) {
      for (const wrappers of [providers, controllers, injectables, middlewares]) {
        wrappers.forEach((wrapper) => this.read(wrapper));
      }
    }
  }

  private read(wrapper: Wrapper): void {
    this.addClass(wrapper.metatype);
    this.addInstance(wrapper.instance);
    if (wrapper.isTransient) {
      wrapper.getStaticTransientInstances().forEach((host) => this.addInstance(host?.instance));
    }
  }

  /** Adds the class and its base classes, on which their static methods are called. */
  private addClass(target: unknown): void {
    const lineage = decoratedLineage(target);
    if (lineage.length > 0) {
      this.classes.add(target as object);
      lineage.forEach((declaring) => this.classes.add(declaring));
    }
  }

  /** Adds the instance's class too: for factories and values the container knows none. */
  private addInstance(instance: unknown): void {
    if (typeof instance !== 'object' || instance === null) {
      return;
    }
    const { constructor } = instance;
    if (decoratedLineage(constructor).length > 0) {
      this.addClass(constructor);
      this.instances.add(instance);
    }
  }
}
