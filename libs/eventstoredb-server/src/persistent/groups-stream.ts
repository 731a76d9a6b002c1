// The stream whose last event describes all groups.
import { GroupsUnreadable } from '../errors.js';
import { metastreamOf, METADATA_TYPE } from '../semantics/stream-metadata.js';
import { GROUPS_STREAM } from '../semantics/own-streams.js';
import type { GroupStreamContext } from './checkpoint-stream.js';
import { documentOf, parseDocument, type StoredGroup } from './groups-document.js';

const TYPE = '$PersistentConfig';
/** Like a real server, it keeps the event before as well. */
const COUNT_MAX = 2;

export class GroupsStream {
  readonly #context: Pick<GroupStreamContext, 'log' | 'runtime'>;
  #hasMetadata = false;

  constructor(context: Pick<GroupStreamContext, 'log' | 'runtime'>) {
    this.#context = context;
  }

  /** Errors: EVENT_STORE_SERVER_GROUPS_UNREADABLE, those of the medium. */
  async load(): Promise<readonly StoredGroup[]> {
    const last = { stream: GROUPS_STREAM, isBackwards: true, from: Number.MAX_SAFE_INTEGER, limit: 1 };
    const { events, state } = await this.#context.log.streamPage(last);
    this.#hasMetadata = state.metadata.countMax === COUNT_MAX;
    const [event] = events;
    if (!event) return [];
    try {
      return parseDocument(event.data.toString());
    } catch (error) {
      throw new GroupsUnreadable(GROUPS_STREAM, error);
    }
  }

  async save(groups: readonly StoredGroup[], updatedBy: string): Promise<void> {
    const { log, runtime } = this.#context;
    if (!this.#hasMetadata) await this.#append(metastreamOf(GROUPS_STREAM), METADATA_TYPE, JSON.stringify({ $maxCount: COUNT_MAX }));
    this.#hasMetadata = true;
    const document = documentOf(groups, runtime.now(), updatedBy);
    await log.append({ stream: GROUPS_STREAM, expected: 'any', events: [this.#event(TYPE, document)] });
  }

  async #append(stream: string, type: string, json: string): Promise<void> {
    await this.#context.log.append({ stream, expected: 'any', events: [this.#event(type, json)] });
  }

  #event(type: string, json: string) {
    return { id: this.#context.runtime.uuid(), type, isJson: true, data: Buffer.from(json), metadata: Buffer.alloc(0) };
  }
}
