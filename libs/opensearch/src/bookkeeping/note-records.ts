// Notes as one document for each projection, beside the leases.
import type { Note } from '@mainstem/projection/adapter';
import type { ControlIndex } from '../layout/control-index.js';
import { hashOf } from '../layout/names.js';
import type { OpenSearchConnection } from '../server/opensearch-connection.js';

interface Notes {
  readonly kind: 'notes';
  readonly projection: string;
  /** Texts by name. */
  readonly notes: Readonly<Record<string, string>>;
}

const KEEP = 'ctx._source.notes[params.name] = params.text;';
const REMOVE = 'ctx._source.notes.remove(params.name);';

export class NoteRecords {
  constructor(
    private readonly connection: OpenSearchConnection,
    private readonly control: ControlIndex,
  ) {}

  /** Documents are read by their ids: a search would see them only after a refresh. */
  async list(projections: readonly string[]): Promise<readonly Note[]> {
    if (projections.length === 0) return [];
    const { body } = await this.connection.request<Found>({
      method: 'POST',
      path: `/${this.control.alias}/_mget`,
      body: JSON.stringify({ ids: projections.map(idOf) }),
      expected: [404],
    });
    return (body.docs ?? []).flatMap(({ _source: found }) =>
      found === undefined ? [] : Object.entries(found.notes).map(([name, text]) => ({ projection: found.projection, name, text })),
    );
  }

  async keep({ projection, name, text }: Note): Promise<void> {
    const upsert: Notes = { kind: 'notes', projection, notes: {} };
    await this.control.update(idOf(projection), { scripted_upsert: true, script: { source: KEEP, params: { name, text } }, upsert });
  }

  async remove({ projection, name }: Pick<Note, 'projection' | 'name'>): Promise<void> {
    await this.control.updateIfThere(idOf(projection), { script: { source: REMOVE, params: { name } } });
  }

  async forget(projection: string): Promise<void> {
    await this.connection.request({ method: 'DELETE', path: `/${this.control.alias}/_doc/${idOf(projection)}`, expected: [404] });
  }
}

interface Found {
  /** Without a source: there is no such document. */
  readonly docs?: readonly { readonly _source?: Notes }[];
}

const idOf = (projection: string): string => `notes-${hashOf(projection)}`;
