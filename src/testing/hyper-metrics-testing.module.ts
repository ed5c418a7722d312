import type { DynamicModule } from '@nestjs/common';
import { HyperMetricsModule } from '../module/hyper-metrics.module.js';
import type { HyperMetricsOptions } from '../options/hyper-metrics-options.interface.js';
import { InvalidOptionsError } from '../options/resolve-options.js';
import { isolatedHostRegistry } from '../registry/default-registry.js';

/** Options of {@link HyperMetricsTestingModule.forRoot}: those of `HyperMetricsModule.forRoot()` without `registry`. */
export interface HyperMetricsTestingOptions extends Omit<HyperMetricsOptions, 'registry'> {
  /**
   * prom-client's default process and Node.js metrics.
   *
   * @defaultValue `false`, which keeps tests fast
   */
  readonly runtimeMetrics?: boolean | undefined;
}

/** `HyperMetricsModule` for tests. */
export class HyperMetricsTestingModule {
  /**
   * The real `HyperMetricsModule.forRoot()` with a registry that nothing else uses, made anew by each call: counts begin
   * at nothing, and other tests do not see them. What the functional API (`httpRequestsTotal`, …) records is
   * process-wide and not in it.
   *
   * @throws `InvalidOptionsError` naming every unknown or invalid option, `registry` included.
   */
  static forRoot(options: HyperMetricsTestingOptions = {}): DynamicModule {
    if ('registry' in options) {
      throw new InvalidOptionsError(
        'HyperMetricsTestingModule.forRoot() makes a registry of its own and takes none. ' +
          'Leave `registry` out, or use HyperMetricsModule.forRoot({ registry, runtimeMetrics: false }).',
      );
    }
    return HyperMetricsModule.forRoot({
      ...options,
      registry: isolatedHostRegistry(),
      runtimeMetrics: options.runtimeMetrics ?? false,
    });
  }
}
