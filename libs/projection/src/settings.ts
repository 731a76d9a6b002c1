// What a process that hosts projections can be told about them.
import { didYouMean, list, oneOf, wholeNumber, type Given, type Setting } from '@mainstem/event-store/settings';
import type { RebuildPolicy } from './definition/hosted-projection.js';
import { PARTITIONS_MAX } from './definition/partitioned.js';
import { LEASE_MS_DEFAULT } from './run/lease-keeper.js';

/** Shorter ones would be lost to a pause of the garbage collector or a slow disk. */
const LEASE_MS_MIN = 1_000;
const LEASE_MS_MAX = 600_000;

const rebuild: Setting<RebuildPolicy> = {
  flag: '--rebuild',
  takes: '<how>',
  environment: 'MAINSTEM_REBUILD',
  default: 'manual',
  help: 'what to do about a changed projection: `manual` waits for `mainstem rebuild`, `auto` fills it anew beside the one that serves',
  parse: oneOf('auto', 'manual'),
};

const leaseMs: Setting<number> = {
  environment: 'PROJECTOR_LEASE_MS',
  default: String(LEASE_MS_DEFAULT),
  help: `how long a projection waits for another instance after its owner has died, ${LEASE_MS_MIN} to ${LEASE_MS_MAX} ms`,
  parse: wholeNumber(LEASE_MS_MIN, LEASE_MS_MAX),
};

/** In how many parts each projection runs, by name; those that are not named run in one. */
export type PartitionCounts = Readonly<Record<string, number>>;

/**
 * The settings of a projector. `projections` names all projections, including those that other applications with the
 * same environment host; other names are refused. Without the list every name is taken.
 */
export const projectorSettings = (projections?: readonly string[]) => ({
  rebuild,
  partitions: {
    environment: 'PROJECTION_PARTITIONS',
    default: '',
    help:
      `in how many parts projections run, 1 to ${PARTITIONS_MAX}: \`order-lines=4,products=2\`; those that are not named run in one. ` +
      'The same for all instances and for `mainstem`',
    parse: (text, given) => partitionCounts(text, given, projections),
  } as const satisfies Setting<PartitionCounts>,
  leaseMs,
});

const COUNT = /^([a-z][a-z0-9-]*)=([1-9][0-9]?)$/;

const partitionCounts = (text: string, { mustBe, refuse }: Given, known: readonly string[] | undefined): PartitionCounts => {
  const entries = list(text).map((part): readonly [string, number] => {
    const [, projection = '', count = ''] = COUNT.exec(part) ?? [];
    if (!(Number(count) >= 1 && Number(count) <= PARTITIONS_MAX)) throw mustBe(`like order-lines=4,products=2, with 1 to ${PARTITIONS_MAX} parts`);
    return [projection, Number(count)];
  });
  const names = entries.map(([projection]) => projection);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw refuse(`names ${twice} twice`);
  // Told instead of ignored: the projection that was meant would run in one part, and no figure would show it.
  const unknown = names.find((name) => known?.includes(name) === false);
  if (unknown !== undefined) throw refuse(`there is no projection ${unknown}.${didYouMean(unknown, known ?? [])} Known are ${known?.join(', ')}`);
  return Object.fromEntries(entries);
};
