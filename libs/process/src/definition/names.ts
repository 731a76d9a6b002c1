// Names of processes, steps and deadlines.
export const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
export const NAME_LENGTH_MAX = 30;

/** Lower-case words with dashes, short enough to be a part of other names. */
export const isName = (name: unknown): name is string => typeof name === 'string' && NAME.test(name) && name.length <= NAME_LENGTH_MAX;

export const NAME_RULE = `must be lower-case words with dashes, at most ${NAME_LENGTH_MAX} characters`;
