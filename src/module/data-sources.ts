import { isDataSource } from '../core/instrumentable.interface.js';
import type { NamedDatabase } from '../database/application-database.js';

/** Nest's `ModulesContainer`, as far as it is read here (Nest 11 to 12.5). */
export interface ProvidersLike {
  values(): Iterable<{ readonly providers: ReadonlyMap<unknown, { readonly instance: unknown }> }>;
}

/** `getDataSourceToken()` of `@nestjs/typeorm` makes `reportsDataSource` of the name `reports`. */
const NAMED_TOKEN = /^(.+)DataSource$/;

/** The data sources of TypeORM among an application's providers, by the names that they have there. */
export function findDataSources(modules: ProvidersLike): NamedDatabase[] {
  const found: NamedDatabase[] = [];
  for (const { providers } of modules.values()) {
    for (const [token, { instance }] of providers) {
      if (isDataSource(instance)) {
        found.push({ name: nameOf(token), target: instance });
      }
    }
  }
  return found;
}

function nameOf(token: unknown): string {
  if (typeof token === 'function') {
    return 'default';
  }
  const text = typeof token === 'symbol' ? (token.description ?? 'default') : String(token);
  return NAMED_TOKEN.exec(text)?.[1] ?? text;
}
