// Notes in Redis: one hash for all projections.
import type { Note } from '@mainstem/projection/adapter';
import type { RedisConnection } from '../server/redis-connection.js';

export class NoteRecords {
  readonly #key: string;

  constructor(
    private readonly connection: RedisConnection,
    prefix: string,
  ) {
    this.#key = `${prefix}notes`;
  }

  async list(projections: readonly string[]): Promise<readonly Note[]> {
    const reply = (await this.connection.call('hgetall', [this.#key])) as string[];
    const notes: Note[] = [];
    for (let index = 0; index + 1 < reply.length; index += 2) {
      const [field = '', text = ''] = reply.slice(index, index + 2);
      const [projection, name] = JSON.parse(field) as [string, string];
      if (projections.includes(projection)) notes.push({ projection, name, text });
    }
    return notes;
  }

  async keep({ projection, name, text }: Note): Promise<void> {
    await this.connection.call('hset', [this.#key, fieldOf(projection, name), text]);
  }

  async remove({ projection, name }: Pick<Note, 'projection' | 'name'>): Promise<void> {
    await this.connection.call('hdel', [this.#key, fieldOf(projection, name)]);
  }

  async forget(projection: string): Promise<void> {
    for (const note of await this.list([projection])) await this.remove(note);
  }
}

const fieldOf = (projection: string, name: string): string => JSON.stringify([projection, name]);
