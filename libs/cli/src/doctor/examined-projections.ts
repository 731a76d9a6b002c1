// The projections, by what the stores hold: stopped, without a process, with parked events, with leftovers.
import { PARKED_MAX, isRunByNone, storedStatuses, type StoredStatus } from '../commands/stored-status.js';
import { using, usingReadModels, type CliContext } from '../commands/cli-context.js';
import { hostedIn } from '../commands/hosted-in.js';
import { storedLeftBehind, type StoredLeftBehind } from '../commands/left-behind.js';
import { counted } from '../format/amounts.js';
import { isInSeveral } from '../format/name-of.js';
import type { Examination, Finding } from './examination.js';

/** Errors: those of the stores. */
export const examinedProjections = ({ application, settings }: CliContext, now: () => number): Promise<Omit<Examination, 'subject'>> =>
  using(application.openEvents(settings), (reader) =>
    usingReadModels({ application, settings }, async (readModels) => {
      const statuses = await storedStatuses(reader, hostedIn(readModels), now);
      const others = await storedLeftBehind(readModels);
      return {
        facts: [counted(statuses.length, 'projection')],
        findings: [...runByNone(statuses), ...statuses.flatMap((one) => findingsOf(one, statuses)), ...others.map(leftoverOf)],
      };
    }),
  );

/** One finding a store: most often one process is missing. */
const runByNone = (statuses: readonly StoredStatus[]): readonly Finding[] => {
  const missing = statuses.filter(isRunByNone);
  return [...new Set(missing.map(({ store }) => store))].map((store) => {
    const names = missing.filter((one) => one.store === store).map(({ projection }) => projection);
    return { problem: `no process runs ${names.join(', ')} (${store})`, cure: 'Start the projector.' };
  });
};

const findingsOf = (status: StoredStatus, all: readonly StoredStatus[]): readonly Finding[] => {
  const { projection, store, state, reason = '', parked, generations } = status;
  const title = `${projection} (${store})`;
  const where = `${projection}${isInSeveral(status, all) ? ` --store ${store}` : ''}`;
  const findings: Finding[] = [];
  if (state === 'Stopped') findings.push({ problem: `${title} is stopped: ${reason}`, cure: cureOf(reason, where) });
  if (parked > 0) {
    const more = parked === PARKED_MAX ? ' or more' : '';
    const cure = `Look at them by mainstem parked list ${where}; once the cause is gone: mainstem parked replay ${where}`;
    findings.push({ problem: `${title} has set aside ${counted(parked, 'event')}${more}`, cure });
  }
  for (const { number, state: of } of generations) {
    if (of !== 'abandoned') continue;
    const cure = `Go on by mainstem rebuild ${where}, or delete it by mainstem cleanup ${where}`;
    findings.push({ problem: `${title}: generation ${number} was being filled, and no process goes on with it`, cure });
  }
  return findings;
};

/** Other reasons begin with a code, and their messages say what to do. */
const cureOf = (reason: string, where: string): string =>
  /^PROJECTION_(CHANGED|FOREIGN_EVENT_STORE)/.test(reason)
    ? `Fill it anew by mainstem rebuild ${where}, or run the program and the event store that filled it.`
    : 'Do what the message says; mainstem status shows when it goes on.';

const leftoverOf = ({ projection, store, generations, owners }: StoredLeftBehind): Finding => {
  const still = owners.length === 0 ? '' : `; ${owners.join(', ')} still runs it`;
  return {
    problem: `the application has no projection ${projection}, but ${store} holds ${counted(generations.length, 'generation')} of it${still}`,
    cure: `Remove them by mainstem forget ${projection}, or run the command with the environment of the application that has it.`,
  };
};
