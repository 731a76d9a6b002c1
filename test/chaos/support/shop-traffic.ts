// Clients of the shop ledger: they place orders, add lines and issue credit notes over HTTP, and record what was
// promised.
import type { SeededRandom } from '@mainstem/testing';
import type { AcknowledgementLedger, OfferedCommand } from './acknowledgements.js';

const SKUS = ['85123A', '71053', '22752', 'POST', '85123a', '20725'];
const COUNTRIES = ['United Kingdom', 'France', 'EIRE', 'Åland'];
const REQUEST_TIMEOUT_MS = 30_000;

/** Makes up commands; numbers of documents begin with `name`, so that no two clients make the same. */
export class ShopCommands {
  #made = 0;
  readonly #documents: { readonly path: string; readonly stream: string; readonly lineType: string }[] = [];

  constructor(
    private readonly name: string,
    private readonly random: SeededRandom,
  ) {}

  next(): OfferedCommand {
    const commandId = `${this.name}-${this.#made++}`;
    const choice = this.random.next();
    if (choice < 0.4 && this.#documents.length > 0) return this.#addLines(commandId);
    return choice < 0.8 ? this.#open(commandId, 'order') : this.#open(commandId, 'credit');
  }

  /** An existing document, to which lines can be added. */
  opened({ path, stream, types }: OfferedCommand): void {
    if (path.endsWith('/lines')) return;
    const [, number = ''] = /^[a-z]+-(.*)$/.exec(stream) ?? [];
    this.#documents.push({ path: `${path}/${number}/lines`, stream, lineType: types[0] === 'OrderPlaced' ? 'OrderLineAdded' : 'CreditLineAdded' });
  }

  #open(commandId: string, kind: 'order' | 'credit'): OfferedCommand {
    const number = kind === 'order' ? commandId : `C${commandId}`;
    const lines = this.#lines(0);
    const header = { [kind === 'order' ? 'orderNo' : 'creditNo']: number, customerId: this.#customer(), country: this.random.pick(COUNTRIES), lines };
    const [headerType, lineType] = kind === 'order' ? ['OrderPlaced', 'OrderLineAdded'] : ['CreditNoteIssued', 'CreditLineAdded'];
    const types = [headerType, ...lines.map(() => lineType)];
    return { commandId, path: kind === 'order' ? '/api/orders' : '/api/credits', body: header, stream: `${kind}-${number}`, types };
  }

  #addLines(commandId: string): OfferedCommand {
    const { path, stream, lineType } = this.random.pick(this.#documents);
    const lines = this.#lines(1);
    return { commandId, path, body: { lines }, stream, types: lines.map(() => lineType) };
  }

  #lines(least: number): readonly object[] {
    return Array.from({ length: this.random.int(least, 4) }, () => ({
      sku: this.random.pick(SKUS),
      description: `THING ${this.random.int(1, 30)}`,
      quantity: this.random.int(1, 50),
      unitPrice: `${this.random.int(0, 30)}.${this.random.int(10, 99)}`,
    }));
  }

  #customer(): string | null {
    return this.random.next() < 0.2 ? null : `9${this.random.int(100, 130)}`;
  }
}

/** Sends a command; true if it was acknowledged. A broken connection, or an answer that says so, leaves it open. */
export const send = async (url: string, command: OfferedCommand, ledger: AcknowledgementLedger): Promise<boolean> => {
  ledger.offer(command);
  let answer: Response;
  try {
    answer = await fetch(url + command.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': command.commandId },
      body: JSON.stringify(command.body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const { position, code } = (await answer.json()) as { readonly position?: string; readonly code?: string };
    if (!answer.ok || position === undefined) {
      ledger.refusals.add(`${answer.status} ${code}`);
      return false;
    }
    ledger.acknowledge(command.commandId, BigInt(position));
    return true;
  } catch {
    return false; // killed meanwhile: the outcome is unknown
  }
};

/** Some clients at a time, each one command after the other, until the signal fires or the process has gone. */
export const traffic = async (
  url: string,
  commands: ShopCommands,
  ledger: AcknowledgementLedger,
  { clients, signal }: { readonly clients: number; readonly signal: AbortSignal },
): Promise<void> => {
  const client = async (): Promise<void> => {
    while (!signal.aborted) {
      const command = commands.next();
      if (await send(url, command, ledger)) commands.opened(command);
      else if (signal.aborted || !(await isThere(url))) return;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
};

const isThere = async (url: string): Promise<boolean> => {
  try {
    await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    return true;
  } catch {
    return false;
  }
};
