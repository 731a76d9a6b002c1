// mainstem migrate: one line a schema, or its SQL.
import { describe, expect, it } from 'vitest';
import type { MainstemApplication, OperatedSchema, SchemaRoles } from '../application.js';
import type { CliContext } from './cli-context.js';
import { migrate, type MigrateCommandOptions } from './migrate.js';

const run = async (schemas: readonly OperatedSchema[] | undefined, options: MigrateCommandOptions = {}, signal = new AbortController().signal) => {
  const lines: string[] = [];
  const application = { name: 'shop', ...(schemas && { schemas: () => schemas }) } as unknown as MainstemApplication;
  const terminal = { print: (line: string) => Promise.resolve(void lines.push(line)), say: () => undefined };
  const code = await migrate({ application, terminal, signal, settings: { env: {} } } as unknown as CliContext, options);
  return { code, lines };
};
const events: OperatedSchema = {
  title: 'events',
  migrate: () => Promise.resolve('made'),
  script: (roles: SchemaRoles) => JSON.stringify(roles),
};
const models: OperatedSchema = { title: 'models', migrate: () => Promise.resolve('upgraded') };

describe('mainstem migrate', () => {
  it('tells what was done with each schema', async () => {
    expect(await run([events, models])).toEqual({ code: 0, lines: ['events: made', 'models: upgraded'] });
  });

  it('prints SQL for the roles, and says where only processes can do it', async () => {
    const options = { print: true, owner: 'dba', from: '1' };
    expect((await run([events, models], options)).lines).toEqual([
      '{"owner":"dba","application":"mainstem_application","from":1}',
      expect.stringMatching(/^-- models: /),
    ]);
  });

  it('has nothing to do for an application without schemas', async () => {
    expect(await run(undefined)).toEqual({ code: 0, lines: [expect.stringMatching(/^Nothing to migrate/)] });
  });

  it('refuses roles without --print, and versions that are no numbers', async () => {
    await expect(run([events], { owner: 'dba' })).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' });
    await expect(run([events], { print: true, from: 'x' })).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' });
  });

  it('ends with 130 when it is interrupted, and fails as the store does', async () => {
    const failing: OperatedSchema = { title: 'events', migrate: (signal) => Promise.reject(new Error(signal.aborted ? 'ended' : 'broken')) };
    await expect(run([failing])).rejects.toThrow('broken');
    const ending = new AbortController();
    const interrupted: OperatedSchema = { title: 'events', migrate: () => (ending.abort(), Promise.reject(new Error('ended'))) };
    expect((await run([interrupted, events], {}, ending.signal)).code).toBe(130);
  });
});
