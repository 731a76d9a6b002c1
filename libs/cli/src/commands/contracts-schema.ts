// mainstem contracts schema: JSON Schema of all declared events.
import { contractsOf, jsonSchemaOf } from '@mainstem/event-store/contract';
import { toJson } from '../format/json.js';
import type { CliContext } from './cli-context.js';
import { readersOf } from './event-readers.js';
import { nestedClassesOf } from './nested-classes.js';
import { putOut, type OutOptions } from './put-out.js';

/** Exit code 0. Errors: CLI_OUTPUT_UNWRITABLE. */
export const printSchema = async (context: CliContext, options: OutOptions): Promise<number> => {
  const { registries } = await readersOf(context);
  const { events } = contractsOf(registries, nestedClassesOf(options.folder));
  await putOut(context.terminal, toJson(jsonSchemaOf(events), true).split('\n'), options);
  return 0;
};
