// The commands of the write benchmarks: orders that are placed with three lines and then get three more, nine times.

/** Lines that each command adds. */
export const COMMAND_LINES = 3;
const COMMANDS_PER_ORDER = 10;
/** Orders under way at the same time, so that concurrent commands meet on few streams. */
const ORDERS_AT_ONCE = 500;

export interface CommandPlan {
  readonly orderNo: string;
  readonly isFirst: boolean;
}

/** All on one stream. */
export const hotCommandAt = (index: number): CommandPlan => ({ orderNo: 'HOT', isFirst: index === 0 });

export const commandAt = (index: number): CommandPlan => {
  const block = Math.floor(index / (ORDERS_AT_ONCE * COMMANDS_PER_ORDER));
  const inBlock = index % (ORDERS_AT_ONCE * COMMANDS_PER_ORDER);
  return { orderNo: `B${block}-${inBlock % ORDERS_AT_ONCE}`, isFirst: inBlock < ORDERS_AT_ONCE };
};
