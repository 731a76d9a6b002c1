// The answer to a command over HTTP.
import type { CommandResult } from '@mainstem/aggregate';
import type { DomainEvent } from '@mainstem/event-store';
import { HttpStatus, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { map, type Observable } from 'rxjs';

/** Header with the position that an answer reflects, as a decimal string. */
export const POSITION_HEADER = 'Mainstem-Position';
/** Header that marks the answer to a command that had already taken effect. */
export const REPLAYED_HEADER = 'Idempotency-Replayed';

/** What a client gets: revisions and positions as decimal strings, null for a stream without events. */
export interface CommandAnswer {
  readonly stream: string;
  readonly revision: string | null;
  readonly position: string | null;
  readonly events: readonly DomainEvent[];
}

/** The answer to a command in JSON form. */
export const commandAnswer = ({ stream, nextRevision, position, events }: CommandResult): CommandAnswer => ({
  stream,
  revision: nextRevision?.toString() ?? null,
  position: position?.toString() ?? null,
  events: events.map(({ type, data }) => ({ type, data })),
});

interface Response {
  setHeader(name: string, value: string): unknown;
  status(code: number): unknown;
}

/**
 * Turns the `CommandResult` of a controller into an answer: 201 with `Mainstem-Position`; for a repeated command the
 * same, marked by `Idempotency-Replayed: true`; 200 if nothing changed. Outside HTTP the answer has no status and no
 * headers. Anything else that a controller returns stays as it is.
 */
@Injectable()
export class CommandAnswerInterceptor implements NestInterceptor<unknown, unknown> {
  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const isHttp = context.getType() === 'http';
    const response = isHttp ? context.switchToHttp().getResponse<Response>() : undefined;
    return next.handle().pipe(
      map((result) => {
        if (!isResult(result)) return result;
        if (response === undefined) return commandAnswer(result);
        if (result.position !== undefined) response.setHeader(POSITION_HEADER, result.position.toString());
        if (result.isRepeat) response.setHeader(REPLAYED_HEADER, 'true');
        response.status(result.events.length > 0 ? HttpStatus.CREATED : HttpStatus.OK);
        return commandAnswer(result);
      }),
    );
  }
}

const isResult = (value: unknown): value is CommandResult =>
  value !== null && typeof value === 'object' && 'nextRevision' in value && 'isRepeat' in value;
