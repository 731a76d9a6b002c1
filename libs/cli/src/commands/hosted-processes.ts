// The parts of process managers as the other commands know them: reactions and projections.
import { deadlinesOf, instancesOf, pendingEffectsOf, reactionsOf } from '@mainstem/process/operate';
import type { OpenReadModels } from '../application.js';
import type { LateExecutor } from './late-executor.js';

/** `executor`: for `parked replay`. */
export const withProcesses = (readModels: OpenReadModels, executor: LateExecutor): OpenReadModels => {
  const { projections, reactions = [], processes = [] } = readModels;
  return {
    ...readModels,
    reactions: [
      ...reactions,
      ...processes.flatMap(({ manager, store }) => reactionsOf(manager, executor).map((projection) => ({ store, projection }))),
    ],
    projections: [
      ...projections,
      ...processes.flatMap(({ manager, store, deadline, instance, effect }) => [
        { store, projection: deadlinesOf(manager, deadline) },
        { store, projection: instancesOf(manager, instance) },
        ...(manager.performs.length > 0 ? [{ store, projection: pendingEffectsOf(manager, effect) }] : []),
      ]),
    ],
  };
};
