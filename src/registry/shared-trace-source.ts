import type { LegalExemplarLabels } from '../core/exemplar.js';
import type { TracedRequest, TraceSource } from '../core/trace-source.interface.js';

/** The trace source of one registry: that of the first open application with the option `exemplars`. */
export class SharedTraceSource implements TraceSource {
  private readonly sources = new Map<object, TraceSource>();
  private source: TraceSource | undefined;

  add(source: TraceSource, owner: object): void {
    this.sources.set(owner, source);
    this.choose();
  }

  remove(owner: object): void {
    this.sources.delete(owner);
    this.choose();
  }

  current(): LegalExemplarLabels | undefined {
    return this.source === undefined ? undefined : this.source.current();
  }

  ofRequest(request: TracedRequest): LegalExemplarLabels | null | undefined {
    return this.source === undefined ? undefined : this.source.ofRequest(request);
  }

  private choose(): void {
    [this.source] = this.sources.values();
  }
}
