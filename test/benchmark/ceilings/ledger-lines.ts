// The lines of the ledger's file as events, checked and numbered by hand.
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { derivedId } from './event-writer.js';

interface Line {
  readonly seq: number;
  readonly stream: string;
  readonly type: string;
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface LedgerEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  /** JSON. */
  readonly data: string;
  readonly metadata: string;
}

const assertLine = ({ seq, stream, type, at, data }: Line): void => {
  if (!Number.isSafeInteger(seq) || typeof stream !== 'string' || typeof type !== 'string' || Number.isNaN(Date.parse(at)))
    throw new TypeError('bad line');
  for (const value of Object.values(data)) if (value === undefined || (typeof value === 'object' && value !== null)) throw new TypeError('bad data');
};

/** In order, as many at a time as a chunk of the file holds. */
export async function* ledgerLines(file: string): AsyncGenerator<readonly LedgerEvent[]> {
  const revisions = new Map<string, number>();
  let commandId = '';
  let lastStream = '';
  const eventOf = (text: string): LedgerEvent => {
    const line = JSON.parse(text) as Line;
    assertLine(line);
    const { stream, type } = line;
    if (stream !== lastStream) commandId = derivedId(`${stream}@${line.seq}`);
    lastStream = stream;
    const revision = (revisions.get(stream) ?? -1) + 1;
    revisions.set(stream, revision);
    const metadata = JSON.stringify({ commandId, correlationId: commandId, causationId: commandId, occurredAt: line.at });
    return { id: derivedId(`${stream}/${commandId}/${revision}`), stream, revision, type, data: JSON.stringify(line.data), metadata };
  };
  let rest = '';
  for await (const chunk of createReadStream(file)
    .pipe(createGunzip({ chunkSize: 262_144 }))
    .setEncoding('utf8') as AsyncIterable<string>) {
    const texts = (rest + chunk).split('\n');
    rest = texts.pop() ?? '';
    yield texts.map(eventOf);
  }
  if (rest !== '') yield [eventOf(rest)];
}
