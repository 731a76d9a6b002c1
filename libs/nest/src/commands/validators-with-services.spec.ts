// Validators of commands and payloads come from Nest's container, with the services that they need.
import 'reflect-metadata';
import { CommandExecutor, defineAggregate } from '@mainstem/aggregate';
import { defineEvents, InMemoryEventStore } from '@mainstem/event-store';
import { Inject, Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IsInt, useContainer, Validate, ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventStoreModule } from '../event-store/event-store.module.js';
import { CommandModule } from './command.module.js';

@Injectable()
class Countries {
  readonly served = new Set(['FR']);
}

@ValidatorConstraint({ name: 'served' })
@Injectable()
class Served implements ValidatorConstraintInterface {
  constructor(@Inject(Countries) private readonly countries: Countries) {}
  validate(value: unknown): boolean {
    return this.countries.served.has(String(value));
  }
  defaultMessage(): string {
    return '$value is not served';
  }
}

class ShippedData {
  @Validate(Served) country!: string;
  @IsInt() parcels!: number;
}
class Ship extends ShippedData {}

const shipment = defineAggregate({
  category: 'shipment',
  events: defineEvents('shipment', { Shipped: ShippedData }),
  initialState: 0,
  evolve: (state: number) => state + 1,
  decide: ({ country, parcels }: { readonly country: string; readonly parcels: number }) => [
    { type: 'Shipped' as const, data: { country, parcels } },
  ],
});

@Module({})
class TestModule {}

describe('a validator with a service', () => {
  let app: INestApplicationContext;
  beforeAll(async () => {
    const imports = [EventStoreModule.forRoot({ store: new InMemoryEventStore() }), CommandModule.forRoot()];
    app = await NestFactory.createApplicationContext({ module: TestModule, imports, providers: [Countries, Served] }, { logger: false });
    useContainer(app, { fallbackOnErrors: true });
  });
  afterAll(async () => {
    useContainer(undefined as unknown as Parameters<typeof useContainer>[0]);
    await app.close();
  });

  it('uses the present state of its service, for commands and payloads', async () => {
    const executor = app.get(CommandExecutor);
    const command = Object.assign(new Ship(), { country: 'DE', parcels: 1 });
    await expect(executor.execute(shipment, 'a', command)).rejects.toMatchObject({
      code: 'COMMAND_INVALID',
      violations: [{ field: 'country', message: 'DE is not served' }],
    });
    await expect(executor.execute(shipment, 'a', { country: 'DE', parcels: 1 })).rejects.toMatchObject({ code: 'EVENT_STORE_INVALID_EVENT' });
    app.get(Countries).served.add('DE');
    expect(await executor.execute(shipment, 'a', command)).toMatchObject({ events: [{ data: { country: 'DE' } }] });
    expect(await executor.execute(shipment, 'a', { country: 'DE', parcels: 1 })).toMatchObject({ events: [{ data: { country: 'DE' } }] });
  });
});
