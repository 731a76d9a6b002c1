// The all-in-one application in the test's own process, over a folder of the test's choice.
import 'reflect-metadata';
import { allInOneSettings } from '#apps/all-in-one/src/all-in-one-settings.js';
import { createAllInOne } from '#apps/all-in-one/src/all-in-one.application.js';
import { FirstImport } from '#apps/all-in-one/src/first-import.js';
import { readSettings } from '@mainstem/event-store/settings';
import { Projector } from '@mainstem/projection';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface ShopOptions {
  readonly dir: string;
  /** Imported before `open` resolves; none when left out. */
  readonly data?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const LIVE_TIMEOUT_MS = 60_000;
const POLL_MS = 20;

export class RunningShop implements AsyncDisposable {
  private constructor(
    private readonly app: NestExpressApplication,
    readonly url: string,
  ) {}

  /** Resolves once the import is complete and every projection is live. */
  static async open({ dir, data, env = {} }: ShopOptions): Promise<RunningShop> {
    const app = await createAllInOne(
      readSettings(allInOneSettings(), ['--dir', dir, '--port', '0', ...(data === undefined ? ['--no-data'] : ['--data', data])], env),
    );
    await app.listen(0);
    const shop = new RunningShop(app, `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`);
    try {
      const { state, error } = await app.get(FirstImport).ended();
      if (error !== undefined || state === 'stopped') throw new Error(`the import ended as ${state}: ${error ?? 'no error'}`);
      await shop.#live();
      return shop;
    } catch (error) {
      await shop[Symbol.asyncDispose]();
      throw error;
    }
  }

  get firstImport(): FirstImport {
    return this.app.get(FirstImport);
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, init);
  }

  /** The answer of a route below /api. */
  async get<Answer>(path: string): Promise<Answer> {
    const response = await this.fetch(`/api/${path}`);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close();
  }

  async #live(): Promise<void> {
    const deadline = performance.now() + LIVE_TIMEOUT_MS;
    const projector = this.app.get(Projector);
    const isLive = (): boolean =>
      this.firstImport.reasons().length === 0 && projector.status().every(({ state, lagEvents = 0n }) => state === 'live' && lagEvents === 0n);
    while (!isLive()) {
      if (performance.now() > deadline)
        throw new Error(
          `not live: ${projector
            .status()
            .map(({ projection, state, reason }) => `${projection} ${state} ${reason ?? ''}`)
            .join(', ')}`,
        );
      await delay(POLL_MS);
    }
  }
}
