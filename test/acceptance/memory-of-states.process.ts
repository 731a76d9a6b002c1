// Fills the memory of an executor with states far larger than its bound, in a process whose heap is small. Tells how many there are, and what they hold.
import { CommandExecutor, defineAggregate } from '@mainstem/aggregate';
import { defineEvents } from '@mainstem/event-store';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { IsString } from 'class-validator';

const [dir = '', streams = '0', characters = '0'] = process.argv.slice(2);

class NotedData {
  @IsString() text!: string;
}
const doc = defineAggregate({
  ...{ category: 'doc', events: defineEvents('doc', { Noted: NotedData }), initialState: '' },
  evolve: (_: string, { data }: { readonly data: NotedData }) => data.text,
  decide: ({ text }: NotedData, before: string) => (before.length === text.length ? [] : [{ type: 'Noted' as const, data: { text } }]),
});

const store = await EmbeddedEventStore.open({ dir });
const executor = new CommandExecutor({ store });
const textOf = (index: number): string => String(index).padEnd(Number(characters), 'x');
let effects = 0;
for (let index = 0; index < Number(streams); index++) effects += (await executor.execute(doc, String(index), { text: textOf(index) })).events.length;
// Those that memory could not keep are folded again, and are the same.
let repeats = 0;
for (let index = 0; index < Number(streams); index += 7)
  repeats += (await executor.execute(doc, String(index), { text: textOf(index) })).events.length;
await store.close();
process.stdout.write(JSON.stringify({ effects, repeats }));
