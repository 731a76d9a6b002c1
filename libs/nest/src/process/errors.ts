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

/** The user may not listen on the port. */
export class PortForbidden extends MainstemError {
  constructor(
    readonly port: number,
    cause: unknown,
  ) {
    super('PORT_FORBIDDEN', `This user may not listen on port ${port}. Choose one above 1023 with --port <n>.`, { cause });
  }
}
