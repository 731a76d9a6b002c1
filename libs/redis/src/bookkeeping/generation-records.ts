// Generations in the bookkeeping of a projection: one hash, in which each field name begins with its generation.
import { position, type Incarnation, type Position } from '@mainstem/event-store';
import { lastEventIn, ofPartitions, UnknownGeneration, type Generation, type GenerationState } from '@mainstem/projection/adapter';
import { keysOf } from '../layout/keys.js';
import type { RedisConnection, Script } from '../server/redis-connection.js';

export interface StoredCollection {
  readonly name: string;
  readonly hasState: boolean;
  /** The declaration from which boards and expiry were derived. */
  readonly declaration: string;
  /** Number of the derivation in use. */
  readonly derivation: number;
}

export interface StoredGeneration extends Generation {
  /** Random; part of the names of its keys. */
  readonly id: string;
  readonly collections: readonly StoredCollection[];
  /** Number of the last commit of each part, as stored. */
  readonly commits: readonly string[];
}

/** Errors of all methods: READ_STORE_UNAVAILABLE and its kin. */
export class GenerationRecords {
  constructor(
    private readonly connection: RedisConnection,
    private readonly prefix: string,
  ) {}

  /** Ordered by number. */
  async list(projection: string): Promise<readonly StoredGeneration[]> {
    return generationsOf(projection, await this.fields(projection));
  }

  /** Errors: READ_STORE_UNKNOWN_GENERATION. */
  async find(projection: string, number: number): Promise<StoredGeneration> {
    const found = (await this.list(projection)).find((generation) => generation.number === number);
    if (!found) throw new UnknownGeneration(projection, number);
    return found;
  }

  /** All bookkeeping; empty if there is none. */
  async fields(projection: string): Promise<Fields> {
    return (await this.connection.call('hgetall', [keysOf(this.prefix, projection).meta])) as Fields;
  }

  /** Runs a script that decides about generations, or reads them. */
  async run(script: Script, projection: string, args: readonly (string | number)[]): Promise<unknown> {
    const { meta, root } = keysOf(this.prefix, projection);
    return this.connection.run(script, [meta, root], args);
  }
}

/** The beginning of a part's fields, after the generation's number. */
export const partField = (partition: number): string => (partition === 0 ? '' : `:p${partition}`);

/** The reply of HGETALL. */
export type Fields = readonly string[];

const ID_FIELD = /^([1-9][0-9]*):id$/;

/** Ordered by number. */
export const generationsOf = (projection: string, fields: Fields): readonly StoredGeneration[] => {
  const values = new Map<string, string>();
  for (let index = 0; index + 1 < fields.length; index += 2) values.set(fields[index] ?? '', fields[index + 1] ?? '');
  const numbers = [...values.keys()].flatMap((name) => ID_FIELD.exec(name)?.[1] ?? []);
  return numbers.map((number) => generationOf(projection, number, values)).sort((left, right) => left.number - right.number);
};

const generationOf = (projection: string, number: string, values: ReadonlyMap<string, string>): StoredGeneration => {
  const field = (name: string): string => values.get(`${number}:${name}`) ?? '';
  const damage = field('damage');
  const parts = Array.from({ length: Number(field('parts') || '1') }, (_, part) => {
    const ofPart = (name: string): string => values.get(`${number}${partField(part)}:${name}`) ?? '';
    const checkpoint = {
      incarnation: field('incarnation') as Incarnation,
      position: positionOf(ofPart('position')),
      epoch: Number(ofPart('epoch')),
      digest: ofPart('digest'),
      ...lastEventIn(ofPart('lastEvent')),
    };
    return { checkpoint, commits: ofPart('commits') };
  });
  return {
    id: field('id'),
    projection,
    number: Number(number),
    state: field('state') as GenerationState,
    version: Number(field('version')),
    fingerprint: field('fingerprint'),
    ...ofPartitions(parts.map(({ checkpoint }) => checkpoint)),
    isBulk: field('bulk') === '1',
    createdAt: field('created'),
    updatedAt: field('updated'),
    ...(damage !== '' && { damage }),
    commits: parts.map(({ commits }) => commits),
    collections: field('collections')
      .split(',')
      .filter((name) => name !== '')
      .map((name) => ({
        name,
        hasState: field(`h:${name}`) === '1',
        declaration: field(`c:${name}`),
        derivation: Number(field(`v:${name}`)),
      })),
  };
};

/** Names of the collections of all these generations. */
export const collectionsIn = (generations: readonly StoredGeneration[]): readonly string[] =>
  generations.flatMap(({ collections }) => collections.map(({ name }) => name));

/** The generation in the port's form. */
export const describedOf = ({ id: _, collections: __, commits: ___, ...generation }: StoredGeneration): Generation => generation;

/** Positions are stored as decimal strings, '' before the first one. */
export const positionOf = (text: string): Position | undefined => (text === '' ? undefined : position(text));
export const textOf = (place: Position | undefined): string => place?.toString() ?? '';
