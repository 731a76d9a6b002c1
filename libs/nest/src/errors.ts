// Errors of the wiring, of starting a process, and of queries.
import { MainstemError, type Position } from '@mainstem/event-store';
import type { Reflecting } from './position/answer.js';

/** Two handlers are registered for the commands of one class. Change the program. */
export class CommandHandledTwice extends MainstemError {
  constructor(
    readonly command: string,
    readonly handlers: readonly string[],
  ) {
    super(
      'COMMAND_HANDLED_TWICE',
      `${command} has the handlers ${handlers.join(' and ')}. Keep one: leave it out of \`commandHandlers\` with \`except\`, or remove the others.`,
    );
  }
}

/** Two `ProjectorModule`s are imported into one application: health and waiting queries would see one of them. */
export class ProjectorTwice extends MainstemError {
  constructor() {
    super('PROJECTOR_TWICE', 'The application imports two ProjectorModules. Host all of its projections in one: `useFactory` returns them together.');
  }
}

/** The read model has no such thing at the position that it reflects. */
export class NotInReadModel extends MainstemError implements Reflecting {
  constructor(
    readonly kind: string,
    readonly key: string | undefined,
    readonly reflects: Position | undefined,
  ) {
    const name = key === undefined ? kind : `${kind} ${key}`;
    super('READ_MODEL_KEY_UNKNOWN', `There is no ${name}. If it was written just now, ask again with Mainstem-Min-Position.`);
  }
}

/** Another process listens on the port. */
export class PortInUse extends MainstemError {
  constructor(
    readonly port: number,
    cause: unknown,
  ) {
    super('PORT_IN_USE', `Port ${port} is taken by another process. Stop that one, or choose another port with --port <n> (0 takes a free one).`, {
      cause,
    });
  }
}

/** The machine does not have this address. */
export class HostUnusable extends MainstemError {
  constructor(
    readonly host: string,
    cause: unknown,
  ) {
    super('HOST_UNUSABLE', `${host} is no address of this machine. Choose one of its addresses with --host <address>, or 0.0.0.0 for all of them.`, {
      cause,
    });
  }
}

/** The user may not listen on the port. */
export class PortForbidden extends MainstemError {
  constructor(
    readonly port: number,
    cause: unknown,
  ) {
    super('PORT_FORBIDDEN', `This user may not listen on port ${port}. Choose one above 1023 with --port <n>.`, { cause });
  }
}

/** The end of the event store was not told in time. */
export class TailLate extends MainstemError {
  constructor(readonly timeoutMs: number) {
    super('EVENT_STORE_UNAVAILABLE', `The event store did not tell its end within ${timeoutMs} ms. Send the request again.`);
  }
}
