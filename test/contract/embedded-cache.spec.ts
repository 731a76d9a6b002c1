// The embedded cache keeps the cache contract.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedCacheStore } from '@mainstem/embedded';
import { cacheContract, registerContract } from '@mainstem/testing';
import { describe, it } from 'vitest';

const suite = cacheContract({
  name: 'embedded',
  create: async (runtime) => {
    const dir = await mkdtemp(join(tmpdir(), 'mainstem-cache-'));
    return { open: (collections) => EmbeddedCacheStore.open({ dir, runtime, collections }), dispose: () => rm(dir, { recursive: true }) };
  },
});

registerContract(suite, { describe, it });
