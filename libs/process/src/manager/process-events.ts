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
  /** Of the process: the first one is that of the instance. */
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
  /** Of the last event of its effect; absent where it changed nothing. */
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
  ProcessEnded: ProcessEndedData,
};

export type ProcessEvents = EventRegistry<typeof DECLARATIONS>;
export type ProcessEvent = EventOf<ProcessEvents>;
export type RecordedProcessEvent = RecordedEventOf<ProcessEvents>;

export const processEvents = (name: string): ProcessEvents => defineEvents(name, DECLARATIONS);
