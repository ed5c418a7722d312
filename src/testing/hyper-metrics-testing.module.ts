import type { DynamicModule } from '@nestjs/common';
import { HyperMetricsModule } from '../module/hyper-metrics.module.js';
import type { HyperMetricsOptions } from '../options/hyper-metrics-options.interface.js';
import { InvalidOptionsError } from '../options/resolve-options.js';
import { isolatedHostRegistry } from '../registry/default-registry.js';

/** Options of {@link HyperMetricsTestingModule.forRoot}: those of `HyperMetricsModule.forRoot()` without `registry`. */
export interface HyperMetricsTestingOptions extends Omit<HyperMetricsOptions, 'registry'> {
  /**
   * Whether prom-client's default process and Node.js metrics are exported.
   *
   * @defaultValue `false`, for fast tests
   */
  readonly runtimeMetrics?: boolean | undefined;
}

/** Creates `HyperMetricsModule` for tests. */
export class HyperMetricsTestingModule {
  /**
   * Returns the real `HyperMetricsModule.forRoot()` with a new registry at each call: counts begin at 0 and are isolated from
   * other tests. Records of the functional API (`httpRequestsTotal`, …) are process-wide and not in it.
   *
   * @throws `InvalidOptionsError` naming every unknown or invalid option, `registry` included.
   */
  static forRoot(options: HyperMetricsTestingOptions = {}): DynamicModule {
    if ('registry' in options) {
      throw new InvalidOptionsError(
        'HyperMetricsTestingModule.forRoot() creates its own registry and does not accept the option `registry`. ' +
          'Remove it, or use HyperMetricsModule.forRoot({ registry, runtimeMetrics: false }).',
      );
    }
    return HyperMetricsModule.forRoot({
      ...options,
      registry: isolatedHostRegistry(),
      runtimeMetrics: options.runtimeMetrics ?? false,
    });
  }
}
