// Where the OpenSearch read store can be.
import { didYouMean, type PlaceForm } from '@mainstem/event-store/settings';
import { flawOfPrefix, flawOfUrl, isServerUrl, type OpenSearchLocation } from './server/opensearch-target.js';

const PARAMETERS = ['prefix', 'replicas'];
const REPLICAS = /^[0-9]$/;

/** The server, and in parameters what its indices are called and how often each is copied. */
export const openSearchForm: PlaceForm<OpenSearchLocation> = {
  example: 'https://user:password@host:9200',
  help: 'OpenSearch ≥ 2.4, Elasticsearch ≥ 8; `?prefix=shop`, default `mainstem`; `&replicas=0`, copies of each index, default 1',
  accepts: isServerUrl,
  parse: (text, { refuse }) => {
    const wrong = flawOfUrl(text);
    if (wrong !== undefined) throw refuse(wrong);
    const url = new URL(text);
    const names = [...url.searchParams.keys()];
    const twice = names.find((name, place) => names.indexOf(name) !== place);
    if (twice !== undefined) throw refuse(`gives ${twice} twice`);
    const unknown = names.find((name) => !PARAMETERS.includes(name));
    if (unknown !== undefined) throw refuse(`does not know ${unknown}; it takes prefix and replicas.${didYouMean(unknown, PARAMETERS)}`);
    const { prefix, replicas } = Object.fromEntries(url.searchParams);
    const flaw = prefix === undefined ? undefined : flawOfPrefix(prefix);
    if (flaw !== undefined) throw refuse(flaw);
    if (replicas !== undefined && !REPLICAS.test(replicas)) throw refuse('its replicas must be a number from 0 to 9');
    url.search = '';
    return { url: url.href, ...(prefix !== undefined && { prefix }), ...(replicas !== undefined && { replicas: Number(replicas) }) };
  },
};
