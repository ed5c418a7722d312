import { MethodHook } from '../../core/tool/method-hook.js';
import type { PgClient, PgPool } from './pg.interface.js';

const EMITS_RELEASE = /emit\(\s*['"`]release['"`]/;

/**
 * Returns a hook for a pool that emits no 'release', as those before pg-pool 3.6; `undefined` for any other.
 *
 * @param onRelease - called before the pool gives the connection to the next caller; where the pool emits 'release' after all, a
 *   second time
 */
export function silentRelease(
  pool: PgPool,
  onRelease: (client: PgClient) => void,
): MethodHook<PgPool, '_release'> | undefined {
  const { _release: release } = pool;
  if (typeof release !== 'function' || EMITS_RELEASE.test(Function.prototype.toString.call(release))) {
    return undefined;
  }
  return new MethodHook(pool, '_release', (original) => (client, ...others) => {
    onRelease(client);
    return original?.call(pool, client, ...others);
  });
}
