// Events of an instance's own stream: its inbox, what it asked for, and what came of it.
import { defineEvents, type EventOf, type EventRegistry, type RecordedEventOf } from '@mainstem/event-store';
import { IsBoolean, IsInt, IsObject, IsOptional, IsString, Min } from 'class-validator';

/**
 * An event of another stream as it was taken in, in the schema of that day. Places are decimal: JSON has no 64-bit
 * numbers.
 */
export interface StoredSource {
  readonly id: string;
  readonly stream: string;
  readonly revision: string;
  readonly position: string;
  readonly type: string;
  readonly recordedAt: string;
  readonly metadata: object;
  readonly data: unknown;
}

export class EventTakenInData {
  /** Version of the process that took it in. An instance keeps to the version of its first event. */
  @IsInt() @Min(1) version!: number;
  @IsObject() source!: StoredSource;
}

export class CommandRequestedData {
  /** `<step>#<number>`, unique in the instance. */
  @IsString() request!: string;
  @IsString() step!: string;
  @IsString() category!: string;
  @IsString() id!: string;
  /** Name of its class. */
  @IsString() command!: string;
  @IsObject() data!: object;
  /** True: it was stuck, and a person sends it again. */
  @IsOptional() @IsBoolean() isRetry?: boolean;
}

export class CommandAcceptedData {
  @IsString() request!: string;
  /** Of an event of its effect, the last one unless it was found in the log; absent where it changed nothing. */
  @IsOptional() @IsString() position?: string;
}

/** Another owner of the outbox sent it, too, and it took effect after a refusal was recorded. */
export class CommandTookEffectLateData extends CommandAcceptedData {
  /** As that of `CommandDeclinedData`. */
  @IsOptional() @IsBoolean() isStuck?: boolean;
}

export class CommandDeclinedData {
  @IsString() request!: string;
  @IsString() code!: string;
  @IsString() message!: string;
  /** True: the process had no rule for it, so a person has to retry or cancel. */
  @IsOptional() @IsBoolean() isStuck?: boolean;
}

export class DeadlineSetData {
  /** `<name>#<number>`, unique in the instance. */
  @IsString() deadline!: string;
  @IsString() name!: string;
  @IsString() at!: string;
}

export class DeadlineData extends DeadlineSetData {}

/** Where an effect stands among the pending ones: by when it is due. Events name the moment that they replace. */
class EffectMovedData {
  /** `<step>#<number>`, unique in the instance. */
  @IsString() request!: string;
  @IsString() effect!: string;
  /** ISO 8601 in UTC. */
  @IsString() was!: string;
}

export class EffectRequestedData {
  @IsString() request!: string;
  @IsString() step!: string;
  /** Name of its declaration. */
  @IsString() effect!: string;
  @IsObject() data!: object;
  /** When it was asked for first. */
  @IsString() askedAt!: string;
  /** When its first attempt is due. */
  @IsString() at!: string;
  /** Attempts that were begun before. */
  @IsInt() @Min(0) attempt!: number;
  /** When it was given up; absent unless people ask for it again. */
  @IsOptional() @IsString() was?: string;
}

export class EffectAttemptedData extends EffectMovedData {
  @IsInt() @Min(1) attempt!: number;
  /** When another attempt is due, if nothing is heard of this one. */
  @IsString() at!: string;
}

export class EffectAttemptFailedData extends EffectAttemptedData {
  @IsString() code!: string;
  @IsString() message!: string;
}

export class EffectInterruptedData extends EffectAttemptedData {}

export class EffectSucceededData extends EffectMovedData {
  /** True: it had been given up. */
  @IsOptional() @IsBoolean() wasGivenUp?: boolean;
  /** JSON; absent where none is kept. */
  @IsOptional() @IsObject() result?: object;
}

export class EffectFailedData extends EffectMovedData {
  @IsString() code!: string;
  @IsString() message!: string;
}

export class EffectGivenUpData extends EffectFailedData {
  /** When it was given up. */
  @IsString() at!: string;
}

export class EffectDiscardedData extends EffectMovedData {
  /** As that of `EffectSucceededData`. */
  @IsOptional() @IsBoolean() wasGivenUp?: boolean;
  @IsString() reason!: string;
}

export class ProcessEndedData {
  /** Why, where a person ended it. */
  @IsOptional() @IsString() reason?: string;
}

const DECLARATIONS = {
  EventTakenIn: EventTakenInData,
  CommandRequested: CommandRequestedData,
  CommandAccepted: CommandAcceptedData,
  CommandDeclined: CommandDeclinedData,
  CommandTookEffectLate: CommandTookEffectLateData,
  DeadlineSet: DeadlineSetData,
  DeadlineCancelled: DeadlineData,
  DeadlineReached: DeadlineData,
  EffectRequested: EffectRequestedData,
  /** An attempt has begun. */
  EffectAttempted: EffectAttemptedData,
  /** Another attempt follows. */
  EffectAttemptFailed: EffectAttemptFailedData,
  /** The host stopped; the attempt does not count. */
  EffectInterrupted: EffectInterruptedData,
  EffectSucceeded: EffectSucceededData,
  /** No attempt follows, and a rule of the process was told. */
  EffectFailed: EffectFailedData,
  /** No attempt follows, and no rule knows what to do: it waits for people. */
  EffectGivenUp: EffectGivenUpData,
  /** People want no further attempt. */
  EffectDiscarded: EffectDiscardedData,
  /** A host that was believed lost reports it after the end. */
  EffectSucceededLate: EffectSucceededData,
  ProcessEnded: ProcessEndedData,
};

export type ProcessEvents = EventRegistry<typeof DECLARATIONS>;
export type ProcessEvent = EventOf<ProcessEvents>;
export type RecordedProcessEvent = RecordedEventOf<ProcessEvents>;

export const processEvents = (name: string): ProcessEvents => defineEvents(name, DECLARATIONS);
