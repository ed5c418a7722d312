import { type DataSourceLike, isDataSource } from '../options/instrumentable.interface.js';
import type { NamedDatabase } from '../database/application-database.js';

/** The part of Nest's `ModulesContainer` that is read here (Nest 11 to 12.5). */
export interface ProvidersLike {
  values(): Iterable<{ readonly providers: ReadonlyMap<unknown, { readonly instance: unknown }> }>;
}

/** The token of a named data source: `@nestjs/typeorm` makes `reportsDataSource` from the name `reports`. */
const NAMED_TOKEN = /^(.+)DataSource$/;

/** Finds TypeORM data sources among an application's providers, with their names. */
export class DataSourceFinder {
  /** Whether a provider is a data source. Cached, because reading it may run getters of foreign code at every scrape. */
  private readonly looked = new WeakMap<object, boolean>();

  constructor(private readonly modules: ProvidersLike) {}

  find(): NamedDatabase[] {
    const found: NamedDatabase[] = [];
    for (const { providers } of this.modules.values()) {
      for (const [token, { instance }] of providers) {
        if (this.isDataSource(instance)) {
          found.push({ name: nameOf(token), target: instance });
        }
      }
    }
    return found;
  }

  private isDataSource(instance: unknown): instance is DataSourceLike {
    if (typeof instance !== 'object' || instance === null) {
      return false;
    }
    let isOne = this.looked.get(instance);
    if (isOne === undefined) {
      isOne = looksLikeDataSource(instance);
      this.looked.set(instance, isOne);
    }
    return isOne;
  }
}

/** Proxies and request-scoped providers may throw outside of a request: they are no data sources. */
function looksLikeDataSource(instance: object): boolean {
  try {
    return isDataSource(instance);
  } catch {
    return false;
  }
}

function nameOf(token: unknown): string {
  if (typeof token === 'function') {
    return 'default';
  }
  const text = typeof token === 'symbol' ? (token.description ?? 'default') : String(token);
  return NAMED_TOKEN.exec(text)?.[1] ?? text;
}
