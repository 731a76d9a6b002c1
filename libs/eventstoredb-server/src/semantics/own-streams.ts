// The streams in which persistent subscriptions store their state, with the names of a real server.

const PREFIX = '$persistentsubscription-';
/** Streams of groups on all streams: readers of all streams do not see them, or a group would read its own progress. */
const OF_ALL = `${PREFIX}$all::`;
const CHECKPOINT = '-checkpoint';
const PARKED = '-parked';

/** Describes all groups as JSON in its last event. */
export const GROUPS_STREAM = '$persistentSubscriptionConfig';

/** `key` is the group's: `source::name`. */
export const checkpointStreamOf = (key: string): string => PREFIX + key + CHECKPOINT;
export const parkedStreamOf = (key: string): string => PREFIX + key + PARKED;

/** True if readers of all streams do not see the events of this stream. */
export const isHiddenFromAll = (stream: string): boolean => stream.startsWith(OF_ALL) && (stream.endsWith(CHECKPOINT) || stream.endsWith(PARKED));
