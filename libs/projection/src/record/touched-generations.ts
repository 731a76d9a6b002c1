// What a decision looks at: a store that locks rows makes it wait only for the commits that it concerns.
import { assertPromotable } from '../read-store/promotion-rules.js';
import { describedIn, generationIn, servingIn, type ProjectionRecord } from './projection-record.js';
import type { RecordCommand } from './record-command.js';

/** A generation, with all of its parts unless one is named. */
export interface Touched {
  readonly generation: number;
  readonly partition?: number;
}

/**
 * Lock them in this order, before the record is read again and the decision is made. A decision that no other commit
 * can change is refused here, so that no process waits for it. Errors: READ_STORE_UNKNOWN_GENERATION,
 * READ_STORE_GENERATION_NOT_READY.
 */
export const touchedBy = (record: ProjectionRecord, command: RecordCommand): readonly Touched[] => {
  switch (command.do) {
    case 'create':
      return [];
    case 'open':
    case 'commit':
      return [{ generation: command.generation, partition: command.partition }];
    case 'promote': {
      const serving = servingIn(record)?.number;
      const { generation } = command;
      if (serving === generation) return [];
      assertPromotable(describedIn(record, generationIn(record, generation)), undefined);
      return [...(serving === undefined ? [] : [{ generation: serving }]), { generation }];
    }
    case 'finish-bulk':
    case 'drop':
      return [{ generation: command.generation }];
    case 'forget':
      return record.generations.map(({ number }) => ({ generation: number }));
  }
};

/**
 * Whether it changes the serving generation or rests on it: a projection has one such command at a time, before any
 * lock.
 */
export const concernsServing = (command: RecordCommand): boolean => command.do === 'create' || command.do === 'promote' || command.do === 'forget';
