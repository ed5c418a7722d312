import { type DataSourceLike, isDataSource } from '../options/instrumentable.interface.js';
import type { NamedDatabase } from '../database/application-database.js';

/** Nest's `ModulesContainer`, as far as it is read here (Nest 11 to 12.5). */
export interface ProvidersLike {
  values(): Iterable<{ readonly providers: ReadonlyMap<unknown, { readonly instance: unknown }> }>;
}

/** `getDataSourceToken()` of `@nestjs/typeorm` makes `reportsDataSource` of the name `reports`. */
const NAMED_TOKEN = /^(.+)DataSource$/;

/** Finds the data sources of TypeORM among an application's providers, by the names that they have there. */
export class DataSourceFinder {
  /** What was looked at, and what it is: getters of other people's providers are not called at each scrape. */
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

/** Proxies and request-scoped providers may throw when they are asked outside of a request: they are none. */
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
