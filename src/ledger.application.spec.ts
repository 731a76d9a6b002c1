// The command side over real HTTP: requests of clients and their answers.
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InMemoryEventStore, type RecordedEvent } from '@mainstem/event-store';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { CommandBus } from '@nestjs/cqrs';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLedgerApplication } from './ledger.application.js';
import { LedgerModule } from './ledger/ledger.module.js';
import { AddOrderLines, OrderLine } from './ledger/order/order.commands.js';

const store = new InMemoryEventStore();
let app: NestExpressApplication;
let url: string;
let number = 900_000;

beforeAll(async () => {
  app = await createLedgerApplication(LedgerModule.forRoot({ eventStore: { store } }));
  await app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
});
afterAll(async () => {
  await app.close();
  await store.close();
});
afterEach(() => vi.restoreAllMocks());

const LINE = { sku: '85123A', description: 'WHITE HANGING HEART T-LIGHT HOLDER', quantity: 6, unitPrice: '2.55' };
const nextNo = (): string => String(number++);

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

const post = async (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url + path, { method: 'POST', body: text, headers: { 'Content-Type': 'application/json', ...headers } });
  const answer = await response.text();
  return { status: response.status, headers: response.headers, text: answer, body: JSON.parse(answer) as Record<string, unknown> };
};

const eventsOf = async (stream: string): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const batch of store.readStream(stream as never)) events.push(...batch);
  return events;
};

/** A problem as in RFC 9457, without internal details of the program. */
const expectProblem = (answer: Answer, status: number, code: string): void => {
  expect({ status: answer.status, code: answer.body['code'] }).toEqual({ status, code });
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.body).toMatchObject({
    type: expect.stringMatching(/^urn:/),
    title: expect.any(String),
    status,
    detail: expect.any(String),
    instance: expect.stringMatching(/^\//),
  });
  expect(answer.text).not.toMatch(/\bat .*:\d+:\d+|node_modules|\/src\/|stack/);
};

describe('placing an order', () => {
  it('answers with stream, revision, position and events, and records them', async () => {
    const orderNo = nextNo();
    const answer = await post('/api/orders', { orderNo, customerId: '17850', country: 'United Kingdom', lines: [LINE] });
    const head = await store.head();
    expect(answer.status).toBe(201);
    expect(answer.headers.get('mainstem-position')).toBe(String(head));
    expect(answer.body).toEqual({
      stream: `order-${orderNo}`,
      revision: '1',
      position: String(head),
      events: [
        { type: 'OrderPlaced', data: { orderNo, customerId: '17850', country: 'United Kingdom' } },
        { type: 'OrderLineAdded', data: { line: 1, ...LINE } },
      ],
    });
    expect((await eventsOf(`order-${orderNo}`)).map(({ type }) => type)).toEqual(['OrderPlaced', 'OrderLineAdded']);
  });

  it('gives the first answer again for the same Idempotency-Key, also concurrently, and appends nothing', async () => {
    const order = { orderNo: nextNo(), country: 'France', lines: [LINE] };
    const answers = await Promise.all([1, 2, 3, 4].map(() => post('/api/orders', order, { 'Idempotency-Key': `key-${order.orderNo}` })));
    answers.push(await post('/api/orders', order, { 'Idempotency-Key': `"key-${order.orderNo}"` }));
    for (const answer of answers) expect(answer).toMatchObject({ status: 201, text: answers[0]?.text });
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(4);
    expect(await eventsOf(`order-${order.orderNo}`)).toHaveLength(2);
  });

  it('refuses the same Idempotency-Key with another request on the same order, and ignores the order of the fields', async () => {
    const orderNo = nextNo();
    const headers = { 'Idempotency-Key': `used-${orderNo}` };
    await post('/api/orders', { orderNo, country: 'EIRE' }, headers);
    expectProblem(await post('/api/orders', { orderNo, country: 'France' }, headers), 422, 'COMMAND_ID_REUSED');
    expectProblem(await post(`/api/orders/${orderNo}/lines`, { lines: [LINE] }, headers), 422, 'COMMAND_ID_REUSED');
    expect((await post('/api/orders', { country: 'EIRE', orderNo }, headers)).headers.get('Idempotency-Replayed')).toBe('true');
    expect(await eventsOf(`order-${orderNo}`)).toHaveLength(1);
  });

  it('records command, correlation and causation', async () => {
    const orderNo = nextNo();
    await post('/api/orders', { orderNo, country: 'EIRE' }, { 'Idempotency-Key': 'k 1', 'X-Correlation-Id': 'talk-7' });
    const [placed] = await eventsOf(`order-${orderNo}`);
    expect(placed?.metadata).toEqual({
      commandId: 'k 1',
      correlationId: 'talk-7',
      causationId: 'k 1',
      fingerprint: expect.stringMatching(/^[\w-]{22}$/),
    });
  });

  it('refuses a number that an order or a stock adjustment already has', async () => {
    const orderNo = nextNo();
    const adjustment = { adjustmentNo: orderNo, country: 'United Kingdom', lines: [{ sku: '22139', quantityDelta: -4 }] };
    expect((await post('/api/orders', { orderNo, country: 'EIRE' })).status).toBe(201);
    expectProblem(await post('/api/orders', { orderNo, country: 'EIRE' }), 409, 'ORDER_ALREADY_PLACED');
    expectProblem(await post('/api/stock-adjustments', adjustment), 409, 'DOCUMENT_NUMBER_TAKEN');
  });

  it('gives a number to one of two documents that are opened at the same time', async () => {
    const no = nextNo();
    const adjustment = { adjustmentNo: no, country: 'United Kingdom', lines: [{ sku: '22139', quantityDelta: -4 }] };
    const answers = await Promise.all([post('/api/orders', { orderNo: no, country: 'EIRE' }), post('/api/stock-adjustments', adjustment)]);
    expect(answers.map(({ status }) => status).sort((left, right) => left - right)).toEqual([201, 409]);
  });
});

describe('the other commands', () => {
  it('add lines to an order', async () => {
    const orderNo = nextNo();
    await post('/api/orders', { orderNo, country: 'EIRE', lines: [LINE] });
    const answer = await post(`/api/orders/${orderNo}/lines`, { lines: [LINE, { ...LINE, unitPrice: '0' }] });
    expect(answer).toMatchObject({ status: 201, body: { revision: '3', events: [{ data: { line: 2 } }, { data: { line: 3, unitPrice: '0' } }] } });
  });

  it('issue a credit note and add lines to it', async () => {
    const creditNo = `C${nextNo()}`;
    expect(await post('/api/credits', { creditNo, country: 'EIRE', lines: [LINE] })).toMatchObject({
      status: 201,
      body: { stream: `credit-${creditNo}`, revision: '1' },
    });
    expect(await post(`/api/credits/${creditNo}/lines`, { lines: [LINE] })).toMatchObject({ status: 201, body: { events: [{ data: { line: 2 } }] } });
  });

  it('adjust stock and bad debt', async () => {
    const [adjustmentNo, badDebtNo] = [nextNo(), `A${nextNo()}`];
    expect(
      await post('/api/stock-adjustments', { adjustmentNo, country: 'EIRE', lines: [{ sku: '22139', quantityDelta: -4, note: 'damaged' }] }),
    ).toMatchObject({
      status: 201,
      body: {
        events: [{ type: 'StockAdjusted', data: { adjustmentNo, line: 1, sku: '22139', quantityDelta: -4, note: 'damaged', country: 'EIRE' } }],
      },
    });
    expect(await post('/api/bad-debts', { adjustmentNo: badDebtNo, country: 'EIRE', lines: [{ sku: 'B', amount: '-11062.06' }] })).toMatchObject({
      status: 201,
      body: { events: [{ type: 'BadDebtAdjusted', data: { line: 1, amount: '-11062.06', note: null } }] },
    });
  });

  it('obey the same rules when the program sends them', async () => {
    const command = Object.assign(new AddOrderLines(), { orderNo: nextNo(), lines: [Object.assign(new OrderLine(), LINE, { quantity: 0 })] });
    await expect(app.get(CommandBus).execute(command)).rejects.toMatchObject({
      code: 'COMMAND_INVALID',
      violations: [{ field: 'lines.0.quantity' }],
    });
  });

  it('are all described by OpenAPI', async () => {
    const document = (await (await fetch(`${url}/api/docs-json`)).json()) as {
      paths: Record<string, object>;
      components: { schemas: Record<string, object> };
    };
    expect(Object.keys(document.paths).sort()).toEqual([
      '/api/bad-debts',
      '/api/credits',
      '/api/credits/{creditNo}/lines',
      '/api/orders',
      '/api/orders/{orderNo}/lines',
      '/api/stock-adjustments',
    ]);
    expect(document.components.schemas).toMatchObject({ PlaceOrder: { required: ['orderNo', 'country'] }, OrderLine: {}, Problem: {}, Answer: {} });
    expect((await fetch(`${url}/api/docs`)).status).toBe(200);
  });
});

describe('an impossible request', () => {
  const order = (fields: object = {}): object => ({ orderNo: '1', country: 'EIRE', lines: [LINE], ...fields });

  it.each([
    ['a missing field', order({ country: undefined }), 'country'],
    ['a field of the wrong type', order({ customerId: 17850 }), 'customerId'],
    ['an unknown field', order({ discount: '1' }), 'discount'],
    ['an own context', order({ context: { occurredAt: '2010-12-01T08:26:00Z' } }), 'context'],
    ['lines that are no list', order({ lines: 'none' }), 'lines'],
    ['a bad field of one line', order({ lines: [LINE, { ...LINE, quantity: 1.5 }] }), 'lines.1.quantity'],
    ['a price as a number', order({ lines: [{ ...LINE, unitPrice: 2.55 }] }), 'lines.0.unitPrice'],
    ['an unknown field of a line', order({ lines: [{ ...LINE, line: 1 }] }), 'lines.0.line'],
    ['a line that is none', order({ lines: [null] }), 'lines'],
    ['too many lines', order({ lines: Array.from({ length: 2_001 }, () => LINE) }), 'lines'],
    ['a number with other characters', order({ orderNo: '../1' }), 'orderNo'],
    ['a number that is none', order({ orderNo: { toString: 'x' } }), 'orderNo'],
    ['a list', [order()], 'body'],
    ['__proto__', '{"orderNo":"1","country":"EIRE","__proto__":{"polluted":1}}', '__proto__'],
    ['constructor', '{"orderNo":"1","country":"EIRE","constructor":{"prototype":{"polluted":1}}}', 'constructor'],
    ['constructor in a field', '{"orderNo":"1","country":{"constructor":"x"}}', 'country.constructor'],
    ['toString in a line', `{"orderNo":"1","country":"EIRE","lines":[${JSON.stringify({ ...LINE, toString: 1 })}]}`, 'lines.0.toString'],
    ['endless nesting', `{"orderNo":"1","country":"EIRE","lines":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'lines'],
  ])('is refused as 400 naming the field: %s', async (_, body, field) => {
    const before = await store.head();
    const answer = await post('/api/orders', body);
    expectProblem(answer, 400, 'COMMAND_INVALID');
    const fields = (answer.body['errors'] as { field: string; message: string }[]).map((error) => error.field);
    expect(fields.some((one) => one === field || one.startsWith(`${field}.`))).toBe(true);
    expect(await store.head()).toBe(before);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('is refused as 400: invalid JSON', async () => {
    expectProblem(await post('/api/orders', '{"orderNo": '), 400, 'HTTP_BAD_REQUEST');
    expectProblem(await post('/api/orders', '"text"'), 400, 'HTTP_BAD_REQUEST');
  });

  it('is refused as 400: no body', async () => {
    const response = await fetch(`${url}/api/orders`, { method: 'POST' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'COMMAND_INVALID', errors: [{ field: 'body' }] });
  });

  it('is refused as 400: another number in the body than in the path', async () => {
    const answer = await post('/api/orders/1/lines', { orderNo: '2', lines: [LINE] });
    expectProblem(answer, 400, 'COMMAND_INVALID');
    expect(answer.body['errors']).toEqual([{ field: 'orderNo', message: 'must equal the one in the path' }]);
  });

  it.each(['', ' ', 'x'.repeat(201), '\u0080'])('is refused as 400: the Idempotency-Key %j', async (key) => {
    const answer = await post('/api/orders', order(), { 'Idempotency-Key': key });
    expectProblem(answer, 400, 'COMMAND_INVALID');
    expect(answer.body['errors']).toEqual([{ field: 'Idempotency-Key', message: 'must be 1 to 200 printable characters' }]);
  });

  it('is answered without naming the software of the server', async () => {
    const { headers } = await fetch(`${url}/api/nowhere`);
    expect([...headers.keys()]).not.toContain('x-powered-by');
  });

  it('is refused as 404: an unknown route, an unknown order', async () => {
    expectProblem(await post('/api/nothing', {}), 404, 'HTTP_NOT_FOUND');
    expectProblem(await post(`/api/orders/${nextNo()}/lines`, { lines: [LINE] }), 404, 'ORDER_NOT_PLACED');
    expectProblem(await post(`/api/credits/C${nextNo()}/lines`, { lines: [LINE] }), 404, 'CREDIT_NOTE_NOT_ISSUED');
  });

  it('is refused as 400: a path that is no text', async () => {
    expectProblem(await post('/api/orders/%E0%A4%A/lines', { lines: [LINE] }), 400, 'HTTP_BAD_REQUEST');
  });

  it('is refused as 413: a body above 1 MiB; one just below is accepted', async () => {
    expectProblem(await post('/api/orders', order({ country: 'x'.repeat(1_048_576) })), 413, 'HTTP_PAYLOAD_TOO_LARGE');
    expectProblem(await post('/api/orders', order({ country: 'x'.repeat(1_048_000) })), 400, 'COMMAND_INVALID');
  });

  it('is refused as 415: a body that is not JSON', async () => {
    expectProblem(
      await post('/api/orders', 'orderNo=1', { 'Content-Type': 'application/x-www-form-urlencoded' }),
      415,
      'HTTP_UNSUPPORTED_MEDIA_TYPE',
    );
    expectProblem(await post('/api/orders', JSON.stringify(order()), { 'Content-Type': 'text/plain' }), 415, 'HTTP_UNSUPPORTED_MEDIA_TYPE');
    expectProblem(
      await post('/api/orders', JSON.stringify(order()), { 'Content-Type': 'application/json; charset=iso-8859-1' }),
      415,
      'HTTP_UNSUPPORTED_MEDIA_TYPE',
    );
  });

  it('is answered as 500 without details after an unexpected error, which is in the log', async () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const append = vi.spyOn(store, 'appendAll').mockRejectedValue(new Error('disk sda1 is full, password is hunter2'));
    const answer = await post('/api/orders', order({ orderNo: nextNo() }), { 'Correlation-Id': 'talk-8' });
    append.mockRestore();
    expectProblem(answer, 500, 'INTERNAL_ERROR');
    expect(answer.text).not.toContain('hunter2');
    expect(answer.body['correlationId']).toBe('talk-8');
    expect(logged).toHaveBeenCalledWith(expect.stringMatching(/talk-8.*disk sda1 is full/s));
  });

  it('does not end the server: a client that hangs up in the middle of a body', async () => {
    await new Promise<void>((resolve) => {
      const request = httpRequest(`${url}/api/orders`, { method: 'POST', headers: { 'Content-Type': 'application/json', 'Content-Length': '1000' } });
      request.on('error', () => resolve());
      request.write('{"orderNo"', () => request.destroy(new Error('gone')));
    });
    expect((await post('/api/orders', { orderNo: nextNo(), country: 'EIRE' })).status).toBe(201);
  });
});
