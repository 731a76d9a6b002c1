// The handlers of an aggregate's commands, made from its classes, in a real application over HTTP.
import 'reflect-metadata';
import { CommandExecutor, defineAggregate } from '@mainstem/aggregate';
import { defineEvents, InMemoryEventStore, type EventOf } from '@mainstem/event-store';
import { Controller, Post, UseInterceptors, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { IsOptional, Length, Matches } from 'class-validator';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventStoreModule } from '../event-store/event-store.module.js';
import { configureHttp } from '../http/configure-http.js';
import { CommandAnswerInterceptor } from './command-answer.js';
import { commandHandlers } from './command-handlers.js';
import { CommandOf } from './command-of.js';
import { CommandModule } from './command.module.js';
import { contextOf, withContext } from './context-of-command.js';

class TicketOpened {
  @Length(1, 80) subject!: string;
}
class TicketClosed {
  @IsOptional() @Length(1, 80) reason?: string;
}
const events = defineEvents('ticket', { TicketOpened, TicketClosed });
type TicketEvent = EventOf<typeof events>;

class OpenTicket {
  @Matches(/^[0-9]+$/) number!: string;
  @Length(1, 80) subject!: string;
}
class CloseTicket {
  @Matches(/^[0-9]+$/) number!: string;
}

const ticket = defineAggregate({
  category: 'ticket',
  events,
  initialState: 'absent' as 'absent' | 'open' | 'closed',
  evolve: (_: 'absent' | 'open' | 'closed', { type }: TicketEvent) => (type === 'TicketOpened' ? 'open' : 'closed'),
  commands: { OpenTicket, CloseTicket },
  decide: {
    OpenTicket: ({ subject }, state) => (state === 'absent' ? [{ type: 'TicketOpened', data: { subject } }] : []),
    CloseTicket: (_, state) => (state === 'open' ? [{ type: 'TicketClosed', data: {} }] : []),
  },
});

@CommandHandler(CloseTicket)
class HandWritten implements ICommandHandler<CloseTicket> {
  constructor(private readonly executor: CommandExecutor) {}

  execute(command: CloseTicket): Promise<unknown> {
    return this.executor.execute(ticket, command.number, command, contextOf(command));
  }
}
Reflect.defineMetadata('design:paramtypes', [CommandExecutor], HandWritten);

@Controller('tickets/:number')
class TicketsController {
  constructor(private readonly bus: CommandBus) {}

  @Post()
  open(@CommandOf(OpenTicket) command: OpenTicket): unknown {
    return this.bus.execute(command);
  }

  @Post('closing')
  @UseInterceptors(CommandAnswerInterceptor)
  close(@CommandOf(CloseTicket) command: CloseTicket): unknown {
    return this.bus.execute(command);
  }
}
Reflect.defineMetadata('design:paramtypes', [CommandBus], TicketsController);

const started = async (store: InMemoryEventStore, providers: Provider[]): Promise<NestExpressApplication> => {
  const imports = [EventStoreModule.forRoot({ store }), CommandModule.forRoot({ aggregates: [ticket] })];
  const module = { module: class Tickets {}, imports, controllers: [TicketsController], providers };
  const app = await NestFactory.create<NestExpressApplication>(module, { logger: false, bodyParser: false, abortOnError: false });
  try {
    await configureHttp(app).listen(0, '127.0.0.1');
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
};

describe('commandHandlers', () => {
  const store = new InMemoryEventStore();
  let app: NestExpressApplication;
  beforeAll(async () => {
    app = await started(
      store,
      commandHandlers(ticket, ({ number }) => number),
    );
  });
  afterAll(async () => {
    await app.close();
    await store.close();
  });

  const post = async (path: string, body?: object, headers: Record<string, string> = {}) => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const content = body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } };
    const response = await fetch(`http://127.0.0.1:${port}/tickets/${path}`, { method: 'POST', headers, ...content });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> };
  };

  it('execute each command on the stream of its id, with the context of the request, and answer', async () => {
    const headers = { 'Idempotency-Key': 'k-1', 'Correlation-Id': 'talk-1' };
    const answer = await post('7', { subject: 'Printer' }, headers);
    expect(answer).toMatchObject({ status: 201, body: { stream: 'ticket-7', events: [{ type: 'TicketOpened', data: { subject: 'Printer' } }] } });
    expect(answer.headers.get('Mainstem-Position')).toBe('1');
    expect((await post('7', { subject: 'Printer' }, headers)).headers.get('Idempotency-Replayed')).toBe('true');
    for await (const [event] of store.readStream('ticket-7' as never))
      expect(event?.metadata).toMatchObject({ commandId: 'k-1', correlationId: 'talk-1' });
  });

  it('execute a command without fields of its own for a request without a body', async () => {
    await post('8', { subject: 'Scanner' });
    expect(await post('8/closing')).toMatchObject({ status: 201, body: { events: [{ type: 'TicketClosed', data: {} }] } });
    expect(await post('8/closing', {})).toMatchObject({ status: 200, body: { events: [] } });
  });

  it('refuse a missing body, and a field that breaks its rule', async () => {
    expect(await post('9')).toMatchObject({ status: 400, body: { code: 'COMMAND_INVALID', errors: [{ field: 'body' }] } });
    expect(await post('x', { subject: 'Printer' })).toMatchObject({ status: 400, body: { errors: [{ field: 'number' }] } });
    expect(await post('9', { subject: 'Printer', number: '10' })).toMatchObject({ status: 400, body: { errors: [{ field: 'number' }] } });
  });

  it('take a command that the program sends', async () => {
    const command = Object.assign(new OpenTicket(), { number: '11', subject: 'Lamp' });
    expect(await app.get(CommandBus).execute(withContext(command, { commandId: 'own' }))).toMatchObject({ stream: 'ticket-11' });
  });

  it('leave room for a handler of one’s own', async () => {
    const own = await started(store, [...commandHandlers(ticket, ({ number }) => number, { except: [CloseTicket] }), HandWritten]);
    await own.close();
  });

  it.each([
    ['a hand-written one', [...commandHandlers(ticket, ({ number }) => number), HandWritten], 'CloseTicket', 'HandWritten'],
    [
      'a made one',
      [...commandHandlers(ticket, ({ number }) => number), ...commandHandlers(ticket, () => '1')],
      'OpenTicket',
      'OpenTicket of commandHandlers(ticket)',
    ],
  ])('are refused at the start beside %s for the same command', async (_, providers, command, other) => {
    await expect(started(store, providers)).rejects.toMatchObject({ code: 'COMMAND_HANDLED_TWICE', command });
    await expect(started(store, providers)).rejects.toThrow(other);
  });
});
