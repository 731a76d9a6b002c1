// mainstem show: prints the stored documents of a read model, one JSON object a line.
import { isMainstemError } from '@mainstem/event-store';
import type { HostedProjection } from '@mainstem/projection';
import { compareKeys, servingOf, type ScanEntry } from '@mainstem/projection/operate';
import { InvalidArgument, UnknownDocument, unknownValue } from '../errors.js';
import { toJson } from '../format/json.js';
import { chosenProjections } from './chosen-projections.js';
import { usingReadModels, type CliContext } from './cli-context.js';
import { wholeNumber } from './whole-number.js';

const PAGE = 1_000;
const LIMIT_DEFAULT = 100;

export interface ShowOptions {
  /** Default: the projection's documents, or its first table. */
  readonly collection?: string;
  /** Default: the serving generation. */
  readonly generation?: string;
  readonly key?: string;
  /** Required if several read stores have a projection of that name. */
  readonly store?: string;
  /** The largest number of documents; default 100. */
  readonly limit?: string;
}

/**
 * Prints `{"key":…,"document":…}` by key, including `$state` of roll-ups. Errors: PROJECTION_UNKNOWN,
 * CLI_INVALID_ARGUMENT, CLI_UNKNOWN_DOCUMENT, READ_STORE_UNKNOWN_GENERATION if none serves.
 */
export const show = async (context: CliContext, name: string, options: ShowOptions): Promise<number> => {
  const { application, settings, terminal, signal } = context;
  const limit = wholeNumber('--limit', options.limit) ?? LIMIT_DEFAULT;
  return usingReadModels({ application, settings }, async ({ projections }) => {
    const [hosted] = chosenProjections(projections, { names: [name], isAll: false, store: options.store }) as readonly [HostedProjection];
    const place = await placeOf(hosted, options);
    let left = options.key === undefined ? limit : 1;
    for await (const [key, document] of entries(hosted, place, options.key)) {
      if (signal.aborted) return 0;
      if (options.key !== undefined && key !== options.key) break;
      if (left-- === 0) {
        terminal.say(`There is more: the first ${limit} are shown (--limit).`);
        return 0;
      }
      await terminal.print(toJson({ key, document }));
      if (options.key !== undefined) return 0;
    }
    if (options.key !== undefined) throw new UnknownDocument(place.collection, options.key);
    return 0;
  });
};

interface Place {
  readonly generation: number;
  readonly collection: string;
}

const placeOf = async ({ projection, store }: HostedProjection, options: ShowOptions): Promise<Place> => {
  const collection = options.collection ?? projection.collections[0]?.name ?? projection.name;
  const chosen = wholeNumber('--generation', options.generation);
  const generations = await store.generations(projection.name);
  const generation = chosen ?? servingOf(generations)?.number ?? 1;
  if (chosen !== undefined && !generations.some(({ number }) => number === chosen)) {
    const known = generations.map(({ number }) => number).join(', ') || 'none yet';
    throw new InvalidArgument('--generation', `must be one that ${projection.name} has (${known}), got ${chosen}.`);
  }
  return { collection, generation };
};

/** All documents, or those from a key on. */
async function* entries(
  { projection, store }: HostedProjection,
  { generation, collection }: Place,
  from: string | undefined,
): AsyncGenerator<ScanEntry> {
  // The beginning of a key sorts before the key, and few keys lie between them.
  let after = from === undefined || from === '' ? undefined : [...from].slice(0, -1).join('') || undefined;
  for (;;) {
    const page = await store
      .scan(projection.name, generation, collection, { limit: PAGE, ...(after !== undefined && { after }) })
      .catch((error: unknown) => {
        if (!isMainstemError(error, 'READ_STORE_UNKNOWN_COLLECTION')) throw error;
        const known = projection.collections.map(({ name }) => name);
        throw unknownValue('--collection', collection, known);
      });
    yield* page.filter(([key]) => from === undefined || compareKeys(key, from) >= 0);
    if (page.length < PAGE) return;
    after = page.at(-1)?.[0];
  }
}
