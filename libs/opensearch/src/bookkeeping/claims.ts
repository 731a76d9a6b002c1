// The projection of each collection: one document for all, so that a projection takes all of its collections or none.
import { CollectionTaken } from '@mainstem/projection/adapter';
import type { ControlIndex } from '../layout/control-index.js';
import type { StoredIndex } from './generation-records.js';

interface Claimed {
  readonly kind: 'collections';
  /** Projection by collection. */
  readonly owners: Readonly<Record<string, string>>;
  /** How often each projection has taken collections; absent in documents of older programs. */
  readonly turns?: Readonly<Record<string, number>>;
}

const ID = 'collections';
const NONE: Claimed = { kind: 'collections', owners: {}, turns: {} };

/** `users` count if the document has lost an owner, or is older than the owners. */
const CLAIM = `
def owners = ctx._source.owners;
boolean isChanged = false;
boolean isFree = true;
for (def user : params.users.entrySet()) {
  if (!owners.containsKey(user.getKey())) { owners.put(user.getKey(), user.getValue()); isChanged = true; }
}
for (def name : params.names) {
  if (owners.containsKey(name) && owners.get(name) != params.projection) { isFree = false; }
}
if (isFree) {
  for (def name : params.names) {
    if (!owners.containsKey(name)) { owners.put(name, params.projection); }
  }
  if (ctx._source.turns == null) { ctx._source.turns = new HashMap(); }
  ctx._source.turns.put(params.projection, ctx._source.turns.getOrDefault(params.projection, 0) + 1);
  isChanged = true;
}
if (!isChanged) { ctx.op = 'noop'; }`;

const RELEASE = `
def turns = ctx._source.turns;
boolean isSame = params.turn == null || (turns == null ? 0 : turns.getOrDefault(params.projection, 0)) == params.turn;
boolean isChanged = isSame && ctx._source.owners.entrySet().removeIf(claim -> claim.getValue() == params.projection && !params.kept.contains(claim.getKey()));
if (!isChanged) { ctx.op = 'noop'; }`;

const LOOK = `ctx.op = 'noop';`;

export class Claims {
  constructor(private readonly control: ControlIndex) {}

  /**
   * Takes all these collections for a projection, or none. `entries` are the existing generations. Resolves with the
   * turn for `release`. Errors: PROJECTION_INVALID_DEFINITION for a collection of another projection,
   * READ_STORE_UNAVAILABLE.
   */
  async claim(projection: string, names: readonly string[], entries: readonly StoredIndex[]): Promise<number> {
    const script = { source: CLAIM, params: { projection, names, users: usersOf(projection, names, entries) } };
    const { owners, turns = {} } = await this.control.update<Claimed>(ID, { scripted_upsert: true, script, upsert: NONE });
    for (const name of names) {
      const owner = owners[name];
      if (owner !== undefined && owner !== projection) throw new CollectionTaken(projection, name, owner);
    }
    return turns[projection] ?? 0;
  }

  /** How often a projection has taken collections. Errors: READ_STORE_UNAVAILABLE. */
  async turnOf(projection: string): Promise<number> {
    return (await this.#look())?.turns?.[projection] ?? 0;
  }

  /** Projections that have collections. Errors: READ_STORE_UNAVAILABLE. */
  async owners(): Promise<readonly string[]> {
    return Object.values((await this.#look())?.owners ?? {});
  }

  /**
   * Releases the collections of a projection that none of `entries`, its generations, has. Does nothing if the
   * projection took collections after `turn`; ask for the turn before you look up `entries`. Null: release always.
   * Errors: READ_STORE_UNAVAILABLE.
   */
  async release(projection: string, entries: readonly StoredIndex[], turn: number | null): Promise<void> {
    const kept = entries.flatMap(({ meta }) => (meta.projection === projection ? meta.collections.map(({ name }) => name) : []));
    await this.control.updateIfThere(ID, { script: { source: RELEASE, params: { projection, kept, turn } } });
  }

  #look(): Promise<Claimed | undefined> {
    return this.control.updateIfThere<Claimed>(ID, { script: { source: LOOK } });
  }
}

/** The projection itself wins over others. */
const usersOf = (projection: string, names: readonly string[], entries: readonly StoredIndex[]): Readonly<Record<string, string>> => {
  const users = entries
    .toSorted((left, right) => Number(left.meta.projection === projection) - Number(right.meta.projection === projection))
    .flatMap(({ meta }) => meta.collections.map(({ name }) => [name, meta.projection] as const));
  return Object.fromEntries(users.filter(([name]) => names.includes(name)));
};
