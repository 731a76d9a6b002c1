// The sample of the shop's data as events in a store.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { eventIdOf, streamName } from '@mainstem/event-store';

const SAMPLE = resolve(import.meta.dirname, '../../../data/online-retail/sample.ndjson');

interface Line {
  readonly stream: string;
  readonly type: string;
  readonly at: string;
  readonly data: unknown;
}

/** One append for each event: streams alternate as in the file. */
export const recordSample = async (dir: string): Promise<void> => {
  const store = await EmbeddedEventStore.open({ dir });
  const lines = (await readFile(SAMPLE, 'utf8')).trim().split('\n');
  const appends = lines.map((line, index) => {
    const { stream, type, at, data } = JSON.parse(line) as Line;
    const name = streamName(stream);
    const event = { id: eventIdOf(`line-${index}`, name, 0), type, data, metadata: { commandId: `line-${index}`, occurredAt: at } };
    return store.append(name, [event], { expectedRevision: 'any' });
  });
  await Promise.all(appends);
  await store.close();
};
