// Indices of a job's own on the OpenSearch node, gone afterwards.

export const openSearchUrl = (): string => process.env['OPENSEARCH_URL'] ?? 'http://127.0.0.1:9200';

export const indexPrefix = (): string => `bench_${process.pid}_${Date.now()}`;

export const deleteIndices = async (url: string, prefix: string): Promise<void> => {
  const answer = await fetch(`${url}/${prefix}*`, { method: 'DELETE' });
  if (!answer.ok && answer.status !== 404) throw new Error(`indices of ${prefix} could not be deleted: ${await answer.text()}`);
};

/** Whether a node answers there. */
export const hasOpenSearch = (): Promise<boolean> =>
  fetch(openSearchUrl()).then(
    ({ ok }) => ok,
    () => false,
  );
