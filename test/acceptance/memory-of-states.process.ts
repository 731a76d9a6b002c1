// Fills an executor with states far above its memory limit, in a process with a small heap. Prints their number and
// content.
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
// States that memory could not keep are folded again, and are equal.
let repeats = 0;
for (let index = 0; index < Number(streams); index += 7)
  repeats += (await executor.execute(doc, String(index), { text: textOf(index) })).events.length;
await store.close();
process.stdout.write(JSON.stringify({ effects, repeats }));
