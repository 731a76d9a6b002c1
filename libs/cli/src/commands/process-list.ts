// mainstem process list: instances of a process by state.
import type { Instance } from '@mainstem/process';
import { INSTANCE_STATES, instancesIn, type InstanceState } from '@mainstem/process/operate';
import { unknownValue } from '../errors.js';
import { printList } from './print-list.js';
import type { Column } from '../format/table.js';
import { chosenProcesses } from './chosen-processes.js';
import { usingReadModels, type CliContext } from './cli-context.js';
import { wholeNumber } from './whole-number.js';

const LIMIT_DEFAULT = 100;

export interface ProcessListOptions {
  /** Default those that need people, and those that go on: `stuck` and `running`. */
  readonly state?: readonly string[];
  /** The largest number of instances; default 100. */
  readonly limit?: string;
  readonly json?: boolean;
}

/**
 * By state, then by key. Reads what it prints, and at most a page more of each state. Errors: CLI_NO_PROCESSES,
 * CLI_INVALID_ARGUMENT, and those of the store.
 */
export const listInstances = async (context: CliContext, name: string, options: ProcessListOptions): Promise<number> => {
  const { application, settings, terminal, signal } = context;
  const limit = wholeNumber('--limit', options.limit) ?? LIMIT_DEFAULT;
  const states = (options.state ?? ['stuck', 'running']).map(stateOf);
  return usingReadModels({ application, settings }, async (readModels) => {
    for (const { manager, store } of chosenProcesses(application, readModels, name)) {
      const rows = shown(instancesIn({ process: manager.name, store }, { states, signal }));
      const nothing = `${name}: no instance is ${states.join(' or ')}.`;
      await printList(terminal, { rows, limit, nothing, isJson: options.json ?? false, columns: COLUMNS });
    }
    return 0;
  });
};

type Row = Omit<Instance, 'id'>;

async function* shown(instances: AsyncGenerator<Instance>): AsyncGenerator<Row> {
  for await (const { process, key, state, since, stuck, reason } of instances) yield { process, key, state, since, stuck, reason };
}

const stateOf = (text: string): InstanceState => {
  const state = INSTANCE_STATES.find((one) => one === text);
  if (state === undefined) throw unknownValue('--state', text, INSTANCE_STATES);
  return state;
};

const COLUMNS: readonly Column<Row>[] = [
  { title: 'state', value: ({ state }) => state },
  { title: 'key', value: ({ key }) => key },
  { title: 'since', value: ({ since }) => since },
  { title: 'stuck at', value: ({ stuck }) => stuck },
  { title: 'why', value: ({ reason }) => reason.split('\n')[0] ?? '' },
];
