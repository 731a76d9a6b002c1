// The embedded full-text index keeps the search contract.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EmbeddedSearchStore } from '@mainstem/embedded';
import { registerContract, searchContract } from '@mainstem/testing';
import { describe, it } from 'vitest';

const suite = searchContract({
  name: 'embedded',
  create: async () => {
    const dir = await mkdtemp(join(tmpdir(), 'mainstem-search-'));
    const damageWords = async (key: string): Promise<void> => {
      const database = new DatabaseSync(join(dir, 'search.db'));
      database.prepare(`UPDATE documents_1 SET words = 'other ' || words WHERE key = ?`).run(key);
      database.close();
    };
    return { open: (collections) => EmbeddedSearchStore.open({ dir, collections }), damageWords, dispose: () => rm(dir, { recursive: true }) };
  },
});

registerContract(suite, { describe, it });
