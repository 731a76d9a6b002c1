// Addresses of servers that cannot be used are refused before anything is sent.
import { expect, it } from 'vitest';
import { OpenSearchReadStore } from '../opensearch-read-store.js';

it.each([
  ['localhost:9200', 'must begin with http'],
  ['http://', 'must begin with http'],
  ['http://ann:50%@localhost:1', 'write %25'],
  ['http://50%:word@localhost:1', 'write %25'],
])('%s is refused', async (url, words) => {
  const opening = OpenSearchReadStore.open({ url });
  await expect(opening).rejects.toMatchObject({ code: 'READ_STORE_INVALID_OPTIONS', message: expect.stringContaining(words) as string });
});
