import { HTTP_EXCEPTIONS_TOTAL } from '../catalog/http.catalog.js';
import type { LegalExemplarLabels } from '../core/exemplar.js';
import type { Counter } from '../core/metric/counter.js';
import { BoundedLabel } from '../core/tool/bounded-label.js';
import type { ResolvedHttpExceptionsOptions } from '../options/resolved-options.js';
import type { RegistryLease } from '../registry/registry-lease.js';

/** Counts the exceptions behind the responses of one application. */
export class ExceptionMetrics {
  private readonly exceptions: Counter<'route' | 'class'>;
  private readonly classes = new BoundedLabel();
  private readonly leastStatus: number;

  constructor(registry: RegistryLease, { clientErrors }: ResolvedHttpExceptionsOptions) {
    this.exceptions = registry.catalogFamily(HTTP_EXCEPTIONS_TOTAL);
    this.leastStatus = clientErrors ? 400 : 500;
  }

  /**
   * A request has ended in which an exception was thrown. Filters may have answered with any status.
   *
   * @param exception - the name of its class
   * @param trace - of the request
   */
  ended(exception: string, route: string, status: number, trace: LegalExemplarLabels | undefined): void {
    if (status >= this.leastStatus) {
      this.exceptions.child([route, this.classes.valueOf(exception)]).incTraced(trace);
    }
  }
}
