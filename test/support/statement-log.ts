import { Client } from 'pg';

/** Every statement that clients of pg are given, seen below whatever wraps a client: on the class. */
export class StatementLog {
  readonly texts: string[] = [];
  private readonly original = Client.prototype.query;

  constructor() {
    const { texts, original } = this;
    const spied = function (this: Client, ...args: unknown[]): unknown {
      const [config] = args as [string | { text?: string; cursor?: { text: string } }];
      texts.push(typeof config === 'string' ? config : (config.text ?? config.cursor?.text ?? ''));
      return (original as (...all: unknown[]) => unknown).apply(this, args);
    };
    Client.prototype.query = spied as typeof Client.prototype.query;
  }

  stop(): void {
    Client.prototype.query = this.original;
  }
}
