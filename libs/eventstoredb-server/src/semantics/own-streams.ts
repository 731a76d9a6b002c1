// The streams in which persistent subscriptions keep what they need, named as a real server names them.

const PREFIX = '$persistentsubscription-';
/** Of groups on all streams: they are not shown to readers of all streams, or such a group would be fed by its own progress. */
const OF_ALL = `${PREFIX}$all::`;
const CHECKPOINT = '-checkpoint';
const PARKED = '-parked';

/** The groups that there are, as JSON in its last event. */
export const GROUPS_STREAM = '$persistentSubscriptionConfig';

/** `key` is the group's: `source::name`. */
export const checkpointStreamOf = (key: string): string => PREFIX + key + CHECKPOINT;
export const parkedStreamOf = (key: string): string => PREFIX + key + PARKED;

/** Whether readers of all streams are not shown the events of this one. */
export const isHiddenFromAll = (stream: string): boolean => stream.startsWith(OF_ALL) && (stream.endsWith(CHECKPOINT) || stream.endsWith(PARKED));
