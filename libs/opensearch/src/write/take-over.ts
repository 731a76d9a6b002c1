// Takes the right to write one part of a generation, and finishes the last batch of the former writer.
import { CheckpointMoved } from '@mainstem/projection/adapter';
import { changeState, readState, type State, type StateBody, type StatePlace } from '../layout/state-document.js';
import type { OpenSearchConnection } from '../server/opensearch-connection.js';
import { finishIntent } from './intents.js';

/** How often in a row a rival may change the same document. */
export const RACES_MAX = 50;

/**
 * Raises the epoch, which fences off the former writer, makes these changes with it, and finishes that writer's last
 * batch. Errors: READ_STORE_UNKNOWN_GENERATION, READ_STORE_CHECKPOINT_MOVED after too many races,
 * READ_STORE_UNAVAILABLE, READ_STORE_READ_ONLY.
 */
export const takeOver = async (
  connection: OpenSearchConnection,
  place: StatePlace,
  updatedAt: string,
  changes: Partial<StateBody> = {},
): Promise<State> => {
  for (let race = 1; ; race++) {
    const found = await readState(connection, place);
    try {
      const raised = await changeState(connection, place, found, { ...changes, epoch: found.body.epoch + 1 });
      return await finishIntent(connection, place, raised, { updatedAt });
    } catch (error) {
      if (!(error instanceof CheckpointMoved) || race === RACES_MAX) throw error;
      await connection.pause(0);
    }
  }
};
