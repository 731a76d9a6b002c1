// The messages in their decoded form: field names of the .proto files, 64-bit numbers as decimal strings.

export interface UuidMessage {
  readonly structured?: { readonly most_significant_bits: string; readonly least_significant_bits: string };
  readonly string?: string;
  readonly value?: 'structured' | 'string';
}

export interface StreamIdentifierMessage {
  readonly stream_name?: Buffer;
}

type Empty = Readonly<Record<string, never>>;

export interface ExpressionMessage {
  readonly regex?: string;
  readonly prefix?: readonly string[];
}

export interface ReadOptionsMessage {
  readonly stream?: {
    readonly stream_identifier?: StreamIdentifierMessage;
    readonly revision?: string;
    readonly revision_option?: 'revision' | 'start' | 'end';
  };
  readonly all?: {
    readonly position?: { readonly commit_position?: string; readonly prepare_position?: string };
    readonly all_option?: 'position' | 'start' | 'end';
  };
  readonly stream_option?: 'stream' | 'all';
  /** A number for an unknown value. */
  readonly read_direction?: string | number;
  readonly resolve_links?: boolean;
  readonly count?: string;
  readonly count_option?: 'count' | 'subscription';
  readonly filter?: {
    readonly stream_identifier?: ExpressionMessage;
    readonly event_type?: ExpressionMessage;
    readonly filter?: 'stream_identifier' | 'event_type';
    readonly max?: number;
    readonly window?: 'max' | 'count';
    readonly checkpointIntervalMultiplier?: number;
  };
  readonly filter_option?: 'filter' | 'no_filter';
  readonly uuid_option?: { readonly content?: 'structured' | 'string' };
  readonly control_option?: { readonly compatibility?: number };
}

export interface ReadRequestMessage {
  readonly options?: ReadOptionsMessage;
}

export interface ProposedMessage {
  readonly id?: UuidMessage;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly custom_metadata?: Buffer;
  readonly data?: Buffer;
}

/** Options of appends and deletes: the kinds of expected revision are the same, but the number has two names. */
export interface WriteOptionsMessage {
  readonly stream_identifier?: StreamIdentifierMessage;
  readonly revision?: string;
  readonly expected_stream_revision?: ExpectedKind;
  readonly stream_position?: string;
  readonly expected_stream_position?: ExpectedKind;
}

export type ExpectedKind = 'revision' | 'stream_position' | 'no_stream' | 'any' | 'stream_exists';

export interface AppendRequestMessage {
  readonly content?: 'options' | 'proposed_message';
  readonly options?: WriteOptionsMessage;
  readonly proposed_message?: ProposedMessage;
}

export interface BatchAppendRequestMessage {
  readonly correlation_id?: UuidMessage;
  readonly options?: WriteOptionsMessage & {
    readonly deadline_21_10_0?: { readonly seconds?: string; readonly nanos?: number };
    readonly deadline?: { readonly seconds?: string; readonly nanos?: number };
    readonly deadline_option?: 'deadline_21_10_0' | 'deadline';
  };
  readonly proposed_messages?: readonly ProposedMessage[];
  readonly is_final?: boolean;
}

/** Of an append to several streams: what it says about one of them. */
export interface ShareMessage {
  readonly options?: BatchAppendRequestMessage['options'];
  readonly count?: number;
}

export interface AppendAllRequestMessage extends BatchAppendRequestMessage {
  readonly shares?: readonly ShareMessage[];
}

export interface DeleteRequestMessage {
  readonly options?: WriteOptionsMessage;
}

export const EMPTY: Empty = {};
