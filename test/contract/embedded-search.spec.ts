// The embedded full-text index keeps the search contract.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedSearchStore } from '@mainstem/embedded';
import { registerContract, searchContract } from '@mainstem/testing';
import { describe, it } from 'vitest';

const suite = searchContract({
  name: 'embedded',
  create: async () => {
    const dir = await mkdtemp(join(tmpdir(), 'mainstem-search-'));
    return { open: (collections) => EmbeddedSearchStore.open({ dir, collections }), dispose: () => rm(dir, { recursive: true }) };
  },
});

registerContract(suite, { describe, it });
