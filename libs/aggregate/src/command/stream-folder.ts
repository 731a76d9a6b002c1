// Folds streams, completely or only what is missing, and notices a stream that is no longer the folded one.
import {
  freezeJson,
  type DomainEvent,
  type EventReader,
  type RecordedEvent,
  type Revision,
  type Runtime,
  type StreamName,
} from '@mainstem/event-store';
import { isolate } from '../aggregate/isolation.js';
import { heldAfter, NO_CLAIMS } from '../claims/held-claims.js';
import type { FoldedStream } from '../folded/folded-stream.js';
import { KnownCommands, type CommandPlace } from '../folded/known-commands.js';
import { PLACES_MAX, Snapshots } from '../snapshot/snapshots.js';
import type { CommandEffect } from './command-result.js';
import type { FoldedStreamCache } from './folded-stream-cache.js';
import type { Call, ErasedAggregate } from './stream-calls.js';

export type FolderStore = Pick<EventReader, 'readStream'> & Partial<Pick<EventReader, 'incarnation' | 'changesByOthers'>>;

interface Search {
  readonly upTo: Revision;
  readonly placesMax: number;
}

/** A state without a proof for this long is checked before it is used. */
const PROOF_MS = 250;

export class StreamFolder {
  readonly cache: FoldedStreamCache;
  #incarnation: string | undefined;
  #changesByOthers: number | undefined;
  #changesAskedMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: FolderStore,
    private readonly runtime: Runtime,
    cache: FoldedStreamCache,
    private readonly snapshots?: Snapshots,
  ) {
    this.cache = cache;
  }

  /** The state in memory, if it may be used; nothing after the event store was replaced. */
  kept(key: string): FoldedStream | undefined {
    const { incarnation } = this.store;
    if (incarnation !== this.#incarnation) {
      if (this.#incarnation !== undefined) this.cache.clear();
      this.#incarnation = incarnation;
    }
    return this.cache.get(key);
  }

  /** False also if the store knows that no other process has changed anything since the read: no new read is needed. */
  needsProof(folded: FoldedStream): boolean {
    const now = this.runtime.monotonic();
    if (folded.revision === undefined || now - folded.provedMs <= PROOF_MS) return false;
    const changes = this.#changesOfLate(now);
    if (changes === undefined || changes !== folded.changesByOthers) return true;
    folded.provedMs = this.#changesAskedMs;
    return false;
  }

  /** The store has proved that the stream ends here. */
  prove(call: Call, folded: FoldedStream): void {
    folded.provedMs = this.runtime.monotonic();
    this.cache.set(call.key, folded);
    // Without snapshots it is never due.
    if (folded.snapshotDue !== Infinity) this.snapshots?.consider(call, folded);
  }

  /** From its snapshot if that fits, otherwise from its beginning. Errors: those of the reader, and of `evolve`. */
  async load(call: Call, signal: AbortSignal): Promise<FoldedStream> {
    return (await this.#fromSnapshot(call, signal)) ?? this.#fromBeginning(call, signal);
  }

  async #fromBeginning(call: Call, signal: AbortSignal): Promise<FoldedStream> {
    const { aggregate, stream } = call;
    const rule = this.snapshots && aggregate.snapshot;
    const isIsolated = isolate(aggregate.initialState);
    const startedMs = this.runtime.monotonic();
    const changesByOthers = this.#changesOfLate(startedMs);
    const commands = new KnownCommands(this.cache.commandIdsPerStreamMax, rule && PLACES_MAX);
    const folded: FoldedStream = {
      ...{ state: aggregate.initialState, revision: undefined, position: undefined, lastEventId: undefined },
      ...{ commands, held: NO_CLAIMS, isIsolated, provedMs: 0, changesByOthers, snapshotDue: rule ? Snapshots.dueAfter(aggregate, -1) : Infinity },
    };
    for await (const batch of this.store.readStream(stream, { signal })) for (const event of batch) fold(aggregate, folded, event);
    return this.#loaded(call, folded, isIsolated, startedMs);
  }

  async #fromSnapshot(call: Call, signal: AbortSignal): Promise<FoldedStream | undefined> {
    const { aggregate } = call;
    const snapshot = aggregate.snapshot && (await this.snapshots?.load(call));
    if (!snapshot) return undefined;
    const { state, revision, position, lastEventId, held, recordedAt } = snapshot;
    const startedMs = this.runtime.monotonic();
    const changesByOthers = this.#changesOfLate(startedMs);
    const commands = KnownCommands.from(snapshot.commands, this.cache.commandIdsPerStreamMax, PLACES_MAX);
    const isIsolated = isolate(state);
    const folded: FoldedStream = {
      ...{ state, revision, position, lastEventId, commands, held, isIsolated, provedMs: 0, changesByOthers },
      snapshotDue: Snapshots.dueAfter(aggregate, Number(revision)),
    };
    const isSame = (event: RecordedEvent): boolean => isLastOf(folded, event) && event.recordedAt === recordedAt;
    if (!(await this.#foldOn(call, folded, isSame, signal))) {
      this.snapshots?.ignored(call, 'the stream does not have its event');
      return undefined;
    }
    this.snapshots?.used(call);
    return this.#loaded(call, folded, isIsolated, startedMs);
  }

  #loaded(call: Call, folded: FoldedStream, isIsolated: boolean, startedMs: number): FoldedStream {
    folded.isIsolated = isolate(folded.state) && isIsolated;
    const { afterLoadMs = Infinity } = (this.snapshots && call.aggregate.snapshot) ?? {};
    if (this.runtime.monotonic() - startedMs > afterLoadMs) folded.snapshotDue = 0;
    this.prove(call, folded);
    return folded;
  }

  /** Reads on from the last folded event, which proves that the stream is the same; otherwise folds all of it anew. */
  async catchUp(call: Call, folded: FoldedStream, signal: AbortSignal): Promise<FoldedStream> {
    if (folded.revision === undefined) return this.load(call, signal);
    // On a copy, so that a failure half way leaves nothing that is folded in part.
    const next = { ...folded, changesByOthers: this.#changesOfLate(this.runtime.monotonic()) };
    if (!(await this.#foldOn(call, next, (event) => isLastOf(folded, event), signal))) return this.#anew(call, signal);
    next.isIsolated = isolate(next.state) && folded.isIsolated;
    this.prove(call, next);
    return next;
  }

  /** False, with nothing folded, if the stream does not have the last folded event. */
  async #foldOn({ aggregate, stream }: Call, folded: FoldedStream, isSame: (event: RecordedEvent) => boolean, signal: AbortSignal): Promise<boolean> {
    let isKnown = false;
    for await (const batch of this.store.readStream(stream, { ...(folded.revision !== undefined && { from: folded.revision }), signal })) {
      for (const event of batch) {
        if (isKnown) fold(aggregate, folded, event);
        else if (isSame(event)) isKnown = true;
        else return false;
      }
    }
    return isKnown;
  }

  /** The first result of a command, from its events. */
  async repeat({ aggregate, stream }: Call, { first, last, position }: CommandPlace, signal: AbortSignal): Promise<CommandEffect<DomainEvent>> {
    const events: DomainEvent[] = [];
    const limit = Number(last - first) + 1;
    for await (const batch of this.store.readStream(stream, { from: first, limit, signal })) {
      for (const recorded of batch) {
        const { type, data } = aggregate.events.decode(recorded);
        events.push({ type, data });
      }
    }
    return { stream, events, nextRevision: last, position, isRepeat: true };
  }

  /**
   * Looks for a command whose place is no longer kept, up to a revision. It also finds the commands after it, which are
   * likely to be repeated next: a repeated long import reads its stream a few times, not for each command. Empty if it
   * is not there.
   */
  async find(stream: StreamName, commandId: string, { upTo, placesMax }: Search, signal: AbortSignal): Promise<ReadonlyMap<string, CommandPlace>> {
    const found = new Map<string, CommandPlace>();
    for await (const batch of this.store.readStream(stream, { limit: Number(upTo) + 1, signal })) {
      for (const event of batch) {
        const id = event.metadata.commandId;
        if (id === undefined || (found.size === 0 && id !== commandId)) continue;
        if (found.size >= placesMax && !found.has(id)) return found;
        remember(found, event);
      }
    }
    return found;
  }

  /**
   * The store's count, at most `PROOF_MS` old, so that the store is not asked for every command. An older count with a
   * stream that is read now can only cause one read more.
   */
  #changesOfLate(now: number): number | undefined {
    if (now - this.#changesAskedMs > PROOF_MS) {
      this.#changesAskedMs = now;
      this.#changesByOthers = this.store.changesByOthers?.();
    }
    return this.#changesByOthers;
  }

  async #anew(call: Call, signal: AbortSignal): Promise<FoldedStream> {
    // What happened to one stream may have happened to all.
    this.cache.clear();
    return this.load(call, signal);
  }
}

const isLastOf = ({ revision, position, lastEventId }: FoldedStream, event: RecordedEvent): boolean =>
  event.revision === revision && event.id === lastEventId && event.position === position;

const fold = (aggregate: ErasedAggregate, folded: FoldedStream, recorded: RecordedEvent): void => {
  const { type, data } = aggregate.events.decode(recorded);
  const event = { type, data: freezeJson(data) };
  folded.state = aggregate.evolve(folded.state, event);
  folded.held = heldAfter(aggregate, folded.held, event);
  folded.revision = recorded.revision;
  folded.position = recorded.position;
  folded.lastEventId = recorded.id;
  remember(folded.commands, recorded);
};

const remember = (commands: KnownCommands | Map<string, CommandPlace>, { metadata, revision, position }: RecordedEvent): void => {
  const { commandId } = metadata;
  if (commandId === undefined) return;
  const known = commands.get(commandId);
  const fingerprint = known ? known.fingerprint : metadata['fingerprint'];
  commands.set(commandId, {
    first: known?.first ?? revision,
    last: revision,
    position,
    ...(typeof fingerprint === 'string' && { fingerprint }),
  });
};
