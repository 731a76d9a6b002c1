// A failed start is reported once: in one line if its error is known, otherwise with the stack.
import 'reflect-metadata';
import { InvalidInput } from '@mainstem/event-store';
import { Logger, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApplicationLogger } from './application-logger.js';

const failing = (error: Error): Type => {
  class FailingModule {}
  Module({ providers: [{ provide: 'store', useFactory: () => Promise.reject(error) }] })(FailingModule);
  return FailingModule;
};

describe('ApplicationLogger', () => {
  const lines: string[] = [];
  const logger = new ApplicationLogger();
  beforeEach(() => {
    lines.length = 0;
    const collect = (text: unknown): boolean => lines.push(String(text)) > 0;
    vi.spyOn(console, 'error').mockImplementation(collect);
    vi.spyOn(process.stderr, 'write').mockImplementation(collect);
    Logger.overrideLogger(logger);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    Logger.overrideLogger(new ApplicationLogger());
  });

  const start = (error: Error): Promise<unknown> => NestFactory.create(failing(error), { logger: ['error', 'warn'], abortOnError: false });

  it('reports a known error in one line', async () => {
    const error = new InvalidInput('dir', 'is a file');
    await expect(start(error)).rejects.toBe(error);
    expect(lines).toEqual([`${error.code}: ${error.message}`]);
    expect(logger.hasTold(error)).toBe(true);
  });

  it('reports any other error with its stack', async () => {
    const error = new Error('no idea');
    await expect(start(error)).rejects.toBe(error);
    expect(lines.join('')).toContain('application-logger.spec.ts');
    expect(logger.hasTold(error)).toBe(true);
  });

  it('writes time in UTC, level and place in each line, without colours unless it is a terminal', () => {
    const written: string[] = [];
    const collect = (text: unknown): boolean => written.push(String(text)) > 0;
    vi.spyOn(process.stdout, 'write').mockImplementation(collect);
    vi.spyOn(process.stderr, 'write').mockImplementation(collect);
    const text = new ApplicationLogger();
    text.warn('the store is away', 'Http');
    text.error('it failed', 'Error: it failed\n    at somewhere', 'Http');
    expect(written[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARN {2}\[Http\] the store is away\n$/);
    expect(written[1]).toMatch(/Z ERROR \[Http\] it failed\n$/);
    expect(written[2]).toContain('at somewhere');
  });

  it('shows control characters as text, in messages, places, stacks and errors of a start', () => {
    const written: string[] = [];
    const collect = (text: unknown): boolean => written.push(String(text)) > 0;
    vi.spyOn(process.stdout, 'write').mockImplementation(collect);
    vi.spyOn(process.stderr, 'write').mockImplementation(collect);
    vi.spyOn(console, 'error').mockImplementation(collect);
    const hostile = 'a\u001b[2Jb\u009b31m\rc\u202e';
    const text = new ApplicationLogger();
    text.warn(hostile, hostile);
    text.error(hostile, `Error: ${hostile}\n    at somewhere`, 'Http');
    text.tell(new Error(hostile));
    expect(written.length).toBeGreaterThanOrEqual(4);
    // eslint-disable-next-line no-control-regex -- none of them may be there
    for (const line of written) expect(line).not.toMatch(/[\u001b\u009b\r\u202e]/);
    expect(written[0]).toContain('a\\u001b[2Jb\\u009b31m\\rc\\u202e');
  });

  it('writes each line as JSON on request, with the stack in the line of its message', () => {
    const written: string[] = [];
    const collect = (text: unknown): boolean => written.push(String(text)) > 0;
    vi.spyOn(process.stdout, 'write').mockImplementation(collect);
    vi.spyOn(process.stderr, 'write').mockImplementation(collect);
    const json = new ApplicationLogger({ isJson: true });
    json.log('started', 'Main');
    json.error('two\nlines', 'Error: x\n    at y', 'Http');
    expect(written.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: 'info', context: 'Main', message: 'started', pid: process.pid, time: expect.stringMatching(/Z$/) as string },
      { level: 'error', context: 'Http', message: 'two\nlines', stack: 'Error: x\n    at y' },
    ]);
    expect(written.every((line) => line.endsWith('\n') && line.indexOf('\n') === line.length - 1)).toBe(true);
  });

  it('does not claim to have reported other errors', () => expect(logger.hasTold(new Error('other'))).toBe(false));
});
