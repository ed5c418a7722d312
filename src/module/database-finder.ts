import { type Instrumentable, isDataSource, isPool } from '../options/instrumentable.interface.js';
import type { NamedDatabase } from '../database/application-database.js';

/** The part of Nest's `ModulesContainer` that is read here (Nest 11 to 12.5). */
export interface ProvidersLike {
  values(): Iterable<{ readonly providers: ReadonlyMap<unknown, { readonly instance: unknown }> }>;
}

/** The token of a named data source: `@nestjs/typeorm` makes `reportsDataSource` from the name `reports`. */
const NAMED_TOKEN = /^(.+)DataSource$/;

/** A provider that throws when it is read may be created later. It is not asked at every scrape for ever. */
const MAX_FAILED_LOOKS = 10;

/** Finds data sources of TypeORM and pools of pg among an application's providers, with their names. */
export class DatabaseFinder {
  /**
   * Whether a provider is a database, or how often looking at it failed. Cached, because looking may run getters of foreign code at
   * every scrape.
   */
  private readonly looked = new WeakMap<object, boolean | number>();

  constructor(private readonly modules: ProvidersLike) {}

  find(): NamedDatabase[] {
    const found: NamedDatabase[] = [];
    for (const { providers } of this.modules.values()) {
      for (const [token, { instance }] of providers) {
        if (this.isDatabase(instance)) {
          found.push({ name: nameOf(token), target: instance });
        }
      }
    }
    return found;
  }

  private isDatabase(instance: unknown): instance is Instrumentable {
    if (typeof instance !== 'object' || instance === null) {
      return false;
    }
    const known = this.looked.get(instance) ?? 0;
    if (typeof known === 'boolean') {
      return known;
    }
    const isOne = looksLikeDatabase(instance);
    this.looked.set(instance, isOne ?? (known + 1 < MAX_FAILED_LOOKS && known + 1));
    return isOne === true;
  }
}

/** Returns `undefined` if the provider throws, as proxies and request-scoped providers do outside of a request. */
function looksLikeDatabase(instance: object): boolean | undefined {
  try {
    return isDataSource(instance) || isPool(instance);
  } catch {
    return undefined;
  }
}

function nameOf(token: unknown): string {
  if (typeof token === 'function') {
    return 'default';
  }
  const text = typeof token === 'symbol' ? (token.description ?? 'default') : String(token);
  return NAMED_TOKEN.exec(text)?.[1] ?? text;
}
