// The ledger of acknowledgements: promises to clients, kept outside the process that made them.
import type { RecordedEvent } from '@mainstem/event-store';

/** A command on its way: the same id and body again mean the same command. */
export interface OfferedCommand {
  readonly commandId: string;
  readonly path: string;
  readonly body: object;
  readonly stream: string;
  /** Types of the events that it leads to. */
  readonly types: readonly string[];
}

export class AcknowledgementLedger {
  readonly #offered = new Map<string, OfferedCommand>();
  /** By command id: position of the last event, as the answer said. */
  readonly #acknowledged = new Map<string, bigint>();

  /** Status and code of every answer that was not an acknowledgement. */
  readonly refusals = new Set<string>();

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  /** Sent at least once and never answered: may have taken effect. */
  get unanswered(): readonly OfferedCommand[] {
    return [...this.#offered.values()].filter(({ commandId }) => !this.#acknowledged.has(commandId));
  }

  offer(command: OfferedCommand): void {
    this.#offered.set(command.commandId, command);
  }

  acknowledge(commandId: string, position: bigint): void {
    this.#acknowledged.set(commandId, position);
  }

  /** The faults of the events, in words: missing acknowledged commands, partial effects, repeated effects. */
  flawsOf(events: readonly RecordedEvent[]): readonly string[] {
    const effects = Map.groupBy(
      events.filter(({ metadata }) => this.#offered.has(metadata.commandId ?? '')),
      ({ metadata }) => metadata.commandId ?? '',
    );
    return [...this.#offered.values()].flatMap((command) => this.#flawOf(command, effects.get(command.commandId) ?? []) ?? []);
  }

  #flawOf({ commandId, stream, types }: OfferedCommand, effect: readonly RecordedEvent[]): string | undefined {
    const position = this.#acknowledged.get(commandId);
    if (effect.length === 0) return position === undefined ? undefined : `${commandId} was acknowledged at ${position} and is not there`;
    if (effect.map(({ type }) => type).join() !== types.join())
      return `${commandId} should be ${types.join()}, is ${effect.map(({ type }) => type).join()}`;
    const stray = effect.find((event, index) => event.stream !== stream || event.position !== (effect[0]?.position ?? 0n) + BigInt(index));
    if (stray) return `${commandId} has an event at ${stray.position} of ${stray.stream} that does not belong there`;
    const last = effect.at(-1)?.position;
    return position === undefined || position === last ? undefined : `${commandId} was acknowledged at ${position}, is at ${last}`;
  }
}
