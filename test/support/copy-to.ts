/** What is used of pg's connections. */
interface CopyConnection {
  query(text: string): void;
}

/** A statement that submits itself, as those of `pg-copy-streams`: `COPY … TO STDOUT`. */
export class CopyTo {
  readonly lines: Promise<string>;
  private readonly chunks: Buffer[] = [];
  private resolve: (lines: string) => void = () => {};
  private reject: (error: unknown) => void = () => {};

  constructor(readonly text: string) {
    this.lines = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  submit(connection: CopyConnection): void {
    connection.query(this.text);
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    this.chunks.push(chunk);
  }

  handleError(error: unknown): void {
    this.reject(error);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.resolve(Buffer.concat(this.chunks).toString());
  }
}
