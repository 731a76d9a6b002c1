// Requests to the server: prepared text as bodies, bounded back-off, and errors translated at this one edge.
import { Client, errors } from '@opensearch-project/opensearch';
import { backOffMs, type Runtime } from '@mainstem/event-store';
import { ReadStoreOverburdened, ReadStoreUnavailable } from '@mainstem/projection/adapter';
import { SearchPermissionDenied, SearchServerReadOnly, UnsupportedSearchServer } from '../errors.js';
import { flavourOf, type Flavour } from './server-check.js';

export interface SearchRequestOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** JSON, or lines of it for `_bulk`. */
  readonly body?: string;
  /** Statuses that are answers, not failures. */
  readonly expected?: readonly number[];
}

export interface SearchAnswer<Body> {
  readonly status: number;
  readonly body: Body;
}

/** A busy server answers one of these; the request had no effect, or may be sent again. */
const BUSY = [429, 503];
const TOO_LARGE = 413;
const ATTEMPTS_MAX = 6;
const DELAYS = { retryDelayMs: 50, retryDelayMaxMs: 2_000 };
const REQUEST_TIMEOUT_MS = 30_000;

export class OpenSearchConnection {
  private constructor(
    private readonly client: Client,
    readonly runtime: Runtime,
    readonly flavour: Flavour,
    /** The name of the store, for messages. */
    readonly store: string,
  ) {}

  /** Errors: READ_STORE_UNAVAILABLE, READ_STORE_UNSUPPORTED_SERVER, READ_STORE_PERMISSION_DENIED. */
  static async open(url: string, runtime: Runtime, store: string): Promise<OpenSearchConnection> {
    // Documents may hold any names; they are read as data and never merged into objects.
    const client = new Client({ node: url, maxRetries: 0, requestTimeout: REQUEST_TIMEOUT_MS, disablePrototypePoisoningProtection: true });
    try {
      const { body } = await client.transport.request({ method: 'GET', path: '/' });
      return new OpenSearchConnection(client, runtime, flavourOf(body), store);
    } catch (error) {
      await client.close();
      throw error instanceof UnsupportedSearchServer ? error : translateError(error, store);
    }
  }

  /** Sends a request; repeats it after growing random delays while the server is busy. Errors: of `translateError`. */
  async request<Body>(request: SearchRequestOptions): Promise<SearchAnswer<Body>> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#send<Body>(request);
      } catch (error) {
        if (attempt === ATTEMPTS_MAX || !isBusy(error)) throw translateError(error, this.store);
        await this.pause(attempt);
      }
    }
  }

  /** Full jitter: any delay up to a limit that doubles. */
  async pause(attempt: number): Promise<void> {
    await this.runtime.sleep(backOffMs(DELAYS, attempt + 1, this.runtime.random()));
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  async #send<Body>({ method, path, query, body, expected = [] }: SearchRequestOptions): Promise<SearchAnswer<Body>> {
    const content = body === undefined ? {} : path.endsWith('/_bulk') ? { bulkBody: body } : { body };
    const answer = await this.client.transport.request(
      { method, path, ...(query && { querystring: { ...query } }), ...content },
      { ignore: [...expected] },
    );
    return { status: answer.statusCode ?? 0, body: answer.body as Body };
  }
}

const isBusy = (error: unknown): boolean => error instanceof errors.ResponseError && isBusyAnswer(error.statusCode ?? 0, error.body);

/** Worth a retry; a block, which has the same status, stays until an operator makes room. */
export const isBusyAnswer = (status: number, error: unknown): boolean => BUSY.includes(status) && !isBlock(reasonIn(error));

/** The block of an index; a cluster that has just started briefly reports the same about itself. */
const isBlock = (reason: string): boolean => reason.includes('cluster_block_exception') && !reason.includes('SERVICE_UNAVAILABLE');

/** Translates an error: READ_STORE_READ_ONLY, READ_STORE_PERMISSION_DENIED, else READ_STORE_UNAVAILABLE. */
export const translateError = (error: unknown, store: string): Error => {
  if (error instanceof errors.ResponseError) return refusalOf({ store, status: error.statusCode ?? 0, reason: reasonIn(error.body) }, error);
  if (error instanceof Error) return new ReadStoreUnavailable(store, `the server does not answer (${error.message})`, error);
  return new ReadStoreUnavailable(store, String(error));
};

/** The server's answer to a request, or to one item of it. */
export interface Refusal {
  readonly store: string;
  readonly status: number;
  readonly reason: string;
}

export const refusalOf = ({ store, status, reason }: Refusal, cause?: unknown): Error => {
  if (isBlock(reason)) return new SearchServerReadOnly(store, reason, cause);
  if (status === 401 || status === 403) return new SearchPermissionDenied(store, `the server answers ${status} (${reason})`, cause);
  // Too large for the server or a proxy, or for its memory: this request, or all requests together.
  const isTooLarge = status === TOO_LARGE || /circuit_breaking_exception|_operation_bytes=/.test(reason);
  return new (isTooLarge ? ReadStoreOverburdened : ReadStoreUnavailable)(store, `the server answers ${status} (${reason})`, cause);
};

const REASON_LENGTH_MAX = 500;

/** `type: reason` of an error in the server's words. */
export const reasonIn = (body: unknown): string => {
  const error: unknown = (body as { readonly error?: unknown } | null)?.error ?? body;
  if (typeof error !== 'object' || error === null) return String(error).slice(0, REASON_LENGTH_MAX);
  const { type, reason } = error as { readonly type?: string; readonly reason?: string };
  return `${type ?? 'error'}: ${reason ?? ''}`.slice(0, REASON_LENGTH_MAX);
};
