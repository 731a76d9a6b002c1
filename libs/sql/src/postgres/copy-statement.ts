// COPY … FROM STDIN for the driver: rows go to the server as one stream of text, without parsing or planning.
import type { Submittable } from 'pg';

/** The driver's interface for a query that speaks the protocol itself. */
interface WireConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/**
 * Runs `sql`, which holds one COPY … FROM STDIN among other statements, and sends it the data. Pass it to
 * `client.query` and wait for `done`: it rejects with the error of the server or the connection; then none of the data
 * is stored.
 */
export class CopyStatement implements Submittable {
  readonly done: Promise<void>;
  /** The driver wraps it, so that its own timeout can end the wait. */
  callback: (error: Error | null) => void;

  constructor(
    private readonly sql: string,
    private readonly data: string,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.callback = (error) => (error ? reject(error) : resolve());
  }

  submit(connection: object): void {
    (connection as WireConnection).query(this.sql);
  }

  handleCopyInResponse(connection: WireConnection): void {
    connection.sendCopyFromChunk(Buffer.from(this.data));
    connection.endCopyFrom();
  }

  handleCommandComplete(): void {
    // One of several statements has ended; ReadyForQuery ends all.
  }

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(null);
  }
}
