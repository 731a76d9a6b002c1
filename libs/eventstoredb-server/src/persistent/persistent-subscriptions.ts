// Creates, changes, deletes and describes groups of consumers. The log stores them; they run as long as the server.
import type { DatabaseSync } from 'node:sqlite';
import { EventStoreClosed, isMainstemError } from '@mainstem/event-store';
import { GroupExists, GroupNotFound, GroupRefused } from '../errors.js';
import { groupInfo, type GroupInfo } from './group-info.js';
import { assertValid, groupKey, type GroupSettings } from './group-settings.js';
import type { Group } from './group.js';
import type { StoredGroup } from './groups-document.js';
import { GroupsStream } from './groups-stream.js';
import { claimGroups } from './ownership.js';
import { RunningGroups } from './running-groups.js';
import { keyOf, nameOfSource } from './source.js';
import type { ServingOptions } from './serving-options.js';

const TOO_MANY = 'One event describes all groups, and it is full. Delete some groups, or raise the largest append of the server.';

export interface PersistentSubscriptionsOptions extends ServingOptions {
  /** Its lock keeps other processes from serving the same groups. */
  readonly dir: string;
}

/** A group by its own name and that of its stream, or `$all`. */
export interface GroupName {
  readonly source: string;
  readonly group: string;
}

interface Started {
  readonly lock: DatabaseSync;
  readonly stream: GroupsStream;
  readonly stored: Map<string, StoredGroup>;
  running: RunningGroups;
}

/**
 * Nothing is opened before the first call. Every call may fail with EVENT_STORE_SERVER_GROUPS_ELSEWHERE,
 * EVENT_STORE_SERVER_GROUPS_UNREADABLE, EVENT_STORE_CLOSED, or an error of the medium.
 */
export class PersistentSubscriptions {
  readonly #options: PersistentSubscriptionsOptions;
  #starting: Promise<Started> | undefined;
  #changing: Promise<unknown> = Promise.resolve();
  #restarting: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: PersistentSubscriptionsOptions) {
    this.#options = options;
  }

  /** Errors: EVENT_STORE_SERVER_GROUP_EXISTS, …_GROUP_REFUSED, …_FILTER_NOT_SUPPORTED. */
  create(settings: GroupSettings, user: string): Promise<void> {
    return this.#change(async (started) => {
      const key = groupKey(settings);
      if (started.stored.has(key)) throw new GroupExists(nameOfSource(settings.source), settings.group);
      await this.#put(started, settings, user);
    });
  }

  /** Drops its consumers; it goes on from its checkpoint. Errors: EVENT_STORE_SERVER_GROUP_NOT_FOUND, …_REFUSED. */
  update(settings: GroupSettings, user: string): Promise<void> {
    return this.#change(async (started) => {
      const key = groupKey(settings);
      const before = started.stored.get(key);
      if (!before) throw new GroupNotFound(nameOfSource(settings.source), settings.group);
      // The filter of the creation stays.
      await this.#put(started, { ...settings, source: before.settings.source }, user);
    });
  }

  /** Deletes the group with its checkpoints and parked events. Errors: EVENT_STORE_SERVER_GROUP_NOT_FOUND. */
  delete({ source, group: name }: GroupName, user: string): Promise<void> {
    return this.#change(async (started) => {
      const { stored, stream, running } = started;
      const key = keyOf(source, name);
      if (!stored.has(key)) throw new GroupNotFound(source, name);
      await stream.save(
        [...stored.values()].filter((other) => groupKey(other.settings) !== key),
        user,
      );
      stored.delete(key);
      const group = running.get(key);
      if (!group) return;
      await running.stop(group);
      await group.parts.checkpoints.delete();
      await group.parts.parked.delete();
    });
  }

  /** Errors: EVENT_STORE_SERVER_GROUP_NOT_FOUND. */
  async info(name: GroupName): Promise<GroupInfo> {
    return groupInfo(await this.group(name));
  }

  /** All groups, or those of one source. Errors: EVENT_STORE_SERVER_GROUP_NOT_FOUND for a source that never had one. */
  async list(source: string | undefined): Promise<readonly GroupInfo[]> {
    const running = await this.#running();
    const groups = source === undefined ? running.all() : running.ofSource(source);
    if (!groups) throw new GroupNotFound(source ?? '', '');
    return groups.map(groupInfo);
  }

  /** Resolves before the replay ends. Errors: EVENT_STORE_SERVER_GROUP_NOT_FOUND, EVENT_STORE_SERVER_GROUP_REFUSED. */
  async replayParked(name: GroupName, stopAt: number | undefined): Promise<void> {
    if (stopAt !== undefined && stopAt < 0) {
      throw new GroupRefused(name.source, name.group, 'Cannot stop replaying parked message at a negative version.');
    }
    (await this.group(name)).replays.begin(stopAt);
  }

  /** The group to connect to. Errors: EVENT_STORE_SERVER_GROUP_NOT_FOUND. */
  async group({ source, group }: GroupName): Promise<Group> {
    const running = await this.#running();
    const found = running.get(keyOf(source, group));
    if (!found) throw new GroupNotFound(source, group);
    return found;
  }

  /** Drops all consumers; the groups start again from their stored state. */
  restart(): Promise<void> {
    this.#restarting = this.#change(async (started) => {
      await started.running.close();
      started.running = new RunningGroups(this.#options);
      started.stored.clear();
      await this.#load(started);
    });
    return this.#restarting;
  }

  /** Ends all consumers and all running work. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#changing.catch(() => undefined);
    const started = await this.#starting?.catch(() => undefined);
    await started?.running.close();
    started?.lock.close();
  }

  async #put({ stored, stream, running }: Started, settings: GroupSettings, user: string): Promise<void> {
    assertValid(settings);
    const key = groupKey(settings);
    const reader = running.readerOf(settings);
    const end = await reader.end();
    const { source, startFrom } = settings;
    if (source.kind === 'all' && startFrom !== 'end' && startFrom >= Math.max(end, 1)) {
      throw new GroupRefused(nameOfSource(source), settings.group, 'Invalid Start From position: it lies behind the last event of all streams.');
    }
    const changed: StoredGroup = { settings, endedAt: startFrom === 'end' ? end : undefined };
    const groups = new Map(stored).set(key, changed);
    await stream.save([...groups.values()], user).catch((error: unknown) => {
      throw isMainstemError(error, 'EVENT_STORE_SERVER_WRITE_TOO_LARGE') ? new GroupRefused(nameOfSource(source), settings.group, TOO_MANY) : error;
    });
    stored.set(key, changed);
    const before = running.get(key);
    if (before) await running.stop(before);
    await running.start(changed, reader);
  }

  /** Runs one change at a time. */
  #change(work: (started: Started) => Promise<void>): Promise<void> {
    const changed = this.#changing.then(async () => work(await this.#started()));
    this.#changing = changed.catch(() => undefined);
    return changed;
  }

  /** Callers wait while the groups are restarted. */
  async #running(): Promise<RunningGroups> {
    const started = await this.#started();
    await this.#restarting?.catch(() => undefined);
    return started.running;
  }

  /** The next call repeats a failed start. */
  async #started(): Promise<Started> {
    if (this.#isClosed) throw new EventStoreClosed();
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  async #start(): Promise<Started> {
    const { dir, runtime } = this.#options;
    const lock = await claimGroups(dir, runtime);
    const running = new RunningGroups(this.#options);
    const started: Started = { lock, stream: new GroupsStream(this.#options), stored: new Map(), running };
    try {
      await this.#load(started);
      return started;
    } catch (error) {
      await running.close();
      lock.close();
      throw error;
    }
  }

  async #load({ stream, stored, running }: Started): Promise<void> {
    for (const group of await stream.load()) {
      const key = groupKey(group.settings);
      if (stored.has(key)) continue;
      stored.set(key, group);
      // A group that cannot run must not stop the others.
      await running.start(group).catch(this.#options.report);
    }
  }
}
