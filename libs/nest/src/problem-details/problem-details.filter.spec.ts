import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { inspect } from 'node:util';
import { firstValueFrom, type Observable } from 'rxjs';
import { MainstemError, NewerEvent } from '@mainstem/event-store';
import { ProjectionBehind } from '@mainstem/projection/operate';
import { Logger, type ArgumentsHost } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ProblemDetailsFilter } from './problem-details.filter.js';

afterEach(() => vi.restoreAllMocks());

/** The answer to a request that ends with this error. */
const answered = (error: unknown): { readonly status: number; readonly headers: Map<string, string>; readonly body: Record<string, unknown> } => {
  const headers = new Map<string, string>();
  let answer = { status: 0, body: '{}' };
  const response = {
    headersSent: false,
    setHeader: (name: string, value: string) => headers.set(name, value),
    status: (status: number) => ({ end: (body: string) => (answer = { status, body }) }),
  };
  const request = { method: 'POST', url: '/api/orders?x=1', headers: { 'x-correlation-id': 'c-1' } };
  const host = { switchToHttp: () => ({ getRequest: () => request, getResponse: () => response }) } as unknown as ArgumentsHost;
  new ProblemDetailsFilter().catch(error, host);
  return { status: answer.status, headers, body: JSON.parse(answer.body) as Record<string, unknown> };
};

describe('ProblemDetailsFilter', () => {
  it.each([
    'EVENT_STORE_DISK_FULL',
    'EVENT_STORE_BUSY',
    'EVENT_STORE_FILE_REPLACED',
    'EVENT_STORE_IO_FAILED',
    'EVENT_STORE_LOG_REPLACED',
    'EVENT_STORE_READ_ONLY',
    'EVENT_STORE_OVERLOADED',
    'EVENT_STORE_TRANSACTION_CONFLICT',
  ])('asks the client to try again after %s, and names the file only in the log', (code) => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { status, headers, body } = answered(new MainstemError(code, 'There is no room left for /srv/shop/events.db.'));
    expect(status).toBe(503);
    expect(headers.get('Retry-After')).toBe('1');
    expect(body['code']).toBe(code);
    expect(JSON.stringify(body)).not.toContain('/srv/shop');
    expect(warn.mock.calls.flat().join()).toContain('/srv/shop/events.db');
  });

  it('tells the client of an older program to try again later, with the reason', () => {
    const { status, headers, body } = answered(new NewerEvent('Opened', 7n, 2, 1));
    expect({ status, retryAfter: headers.get('Retry-After'), code: body['code'] }).toEqual({
      status: 503,
      retryAfter: '5',
      code: 'EVENT_STORE_NEWER_EVENT',
    });
    expect(body['detail']).toContain('Opened at position 7: it has schema version 2, and this program knows version 1');
  });

  it('tells the client the progress of a read model, and only the log why it is stuck', () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { status, body } = answered(new ProjectionBehind('orders', 9n, 4n, 100, 'It is retrying: connect ECONNREFUSED 10.0.0.7:5432'));
    expect({ status, code: body['code'], lag: body['lag'] }).toEqual({ status: 503, code: 'PROJECTION_BEHIND', lag: '5' });
    expect(JSON.stringify(body)).not.toContain('10.0.0.7');
    expect(warn.mock.calls.flat().join()).toContain('10.0.0.7');
    expect(answered(new ProjectionBehind('orders', 9n, 4n, 100)).body['detail']).toContain('at position 4');
  });

  it('hides the details of an unknown error', () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const { status, body } = answered(new Error('connection to 10.0.0.7 refused'));
    expect({ status, code: body['code'] }).toEqual({ status: 500, code: 'INTERNAL_ERROR' });
    expect(JSON.stringify(body)).not.toContain('10.0.0.7');
    expect(logged.mock.calls.flat().join()).toContain('10.0.0.7');
  });

  it.each(['rpc', 'ws'])('passes the error on to the transport: %s', async (kind) => {
    vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const host = new ExecutionContextHost([{ guest: '' }, { pattern: 'book' }]);
    host.setType(kind);
    for (const error of [new MainstemError('COMMAND_INVALID', 'guest is missing'), new Error('something else')]) {
      await expect(firstValueFrom(new ProblemDetailsFilter().catch(error, host) as Observable<never>)).rejects.toBe(error);
    }
  });

  it('rethrows the error if the transport handles it, and logs an error that would be lost', () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const host = new ExecutionContextHost([{}, {}, {}, {}]);
    host.setType('graphql');
    const error = new Error('something else');
    expect(() => new ProblemDetailsFilter().catch(error, host)).toThrow(error);
    expect(logged.mock.calls.flat().join()).toContain('something else');
  });

  it.each(['graphql', 'ws', 'rpc'] as const)('tells clients of %s no more about an outage than HTTP clients', async (kind) => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const sent: unknown[] = [];
    const host = new ExecutionContextHost([{ emit: (...all: unknown[]) => sent.push(all) }, {}, {}, {}]);
    host.setType(kind);
    const outage = new MainstemError('READ_STORE_UNAVAILABLE', 'connect ECONNREFUSED 10.0.0.7:5432');
    const catching = async (): Promise<unknown> => firstValueFrom(new ProblemDetailsFilter().catch(outage, host) as Observable<never>);
    const thrown = await catching().catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    expect(inspect([thrown, sent], { depth: 9 })).not.toContain('10.0.0.7');
    expect(warn.mock.calls.flat().join()).toContain('10.0.0.7');
  });

  it('tells a WebSocket client by the event of Nest, without internal details', () => {
    vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const sent: unknown[] = [];
    const host = new ExecutionContextHost([{ emit: (...all: unknown[]) => sent.push(all) }, {}]);
    host.setType('ws');
    void new ProblemDetailsFilter().catch(new Error('connection to 10.0.0.7 refused'), host);
    expect(sent).toEqual([['exception', { status: 'error', code: 'INTERNAL_ERROR', message: 'Internal error' }]]);
  });
});
