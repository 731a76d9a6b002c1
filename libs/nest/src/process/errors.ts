// Errors of starting a process.
import { MainstemError } from '@mainstem/event-store';

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
