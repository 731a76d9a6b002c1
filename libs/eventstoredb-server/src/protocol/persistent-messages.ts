// The decoded messages of persistent.proto.
import type { ExpressionMessage, ReadOptionsMessage, StreamIdentifierMessage, UuidMessage } from './messages.js';

export interface SettingsMessage {
  readonly resolve_links?: boolean;
  readonly revision?: string;
  readonly extra_statistics?: boolean;
  readonly message_timeout?: 'message_timeout_ticks' | 'message_timeout_ms';
  readonly message_timeout_ticks?: string;
  readonly message_timeout_ms?: number;
  readonly max_retry_count?: number;
  readonly checkpoint_after?: 'checkpoint_after_ticks' | 'checkpoint_after_ms';
  readonly checkpoint_after_ticks?: string;
  readonly checkpoint_after_ms?: number;
  readonly min_checkpoint_count?: number;
  readonly max_checkpoint_count?: number;
  readonly max_subscriber_count?: number;
  readonly live_buffer_size?: number;
  readonly read_batch_size?: number;
  readonly history_buffer_size?: number;
  /** A number for an unknown value. */
  readonly named_consumer_strategy?: string | number;
  readonly consumer_strategy?: string;
}

/** Create and Update: the same except for the filter. */
export interface PutRequestMessage {
  readonly options?: Pick<ReadOptionsMessage, 'stream_option' | 'stream'> & {
    readonly all?: ReadOptionsMessage['all'] & {
      readonly filter?: {
        readonly filter?: 'stream_identifier' | 'event_type';
        readonly stream_identifier?: ExpressionMessage;
        readonly event_type?: ExpressionMessage;
      };
      readonly filter_option?: 'filter' | 'no_filter';
    };
    /** From clients that know only streams as sources. */
    readonly stream_identifier?: StreamIdentifierMessage;
    readonly group_name?: string;
    readonly settings?: SettingsMessage;
  };
}

/** The name of a group: in Delete, GetInfo, ReplayParked, and the first message of Read. */
export interface GroupOptionsMessage {
  readonly stream_option?: 'stream_identifier' | 'all';
  readonly stream_identifier?: StreamIdentifierMessage;
  readonly group_name?: string;
}

export interface GroupRequestMessage {
  readonly options?: GroupOptionsMessage;
}

export interface ReplayParkedRequestMessage {
  readonly options?: GroupOptionsMessage & { readonly stop_at?: string; readonly stop_at_option?: 'stop_at' | 'no_limit' };
}

export interface ListRequestMessage {
  readonly options?: {
    readonly list_option?: 'list_all_subscriptions' | 'list_for_stream';
    readonly list_for_stream?: { readonly stream_option?: 'stream' | 'all'; readonly stream?: StreamIdentifierMessage };
  };
}

export interface PersistentReadRequestMessage {
  readonly content?: 'options' | 'ack' | 'nack';
  readonly options?: GroupOptionsMessage & {
    readonly buffer_size?: number;
    readonly uuid_option?: { readonly content?: 'structured' | 'string' };
  };
  readonly ack?: { readonly ids?: readonly UuidMessage[] };
  readonly nack?: { readonly ids?: readonly UuidMessage[]; readonly action?: string | number; readonly reason?: string };
}
