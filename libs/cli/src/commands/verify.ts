// mainstem verify: folds the events again and names the differences of the read models.
import { isMainstemError, type EventReader, type Position } from '@mainstem/event-store';
import type { HostedProjection } from '@mainstem/projection';
import { verifyProjection, type VerifyDifference, type VerifyReport } from '@mainstem/projection/operate';
import { InvalidArgument } from '../errors.js';
import { count, counted } from '../format/amounts.js';
import { toJson } from '../format/json.js';
import { nameOf, namesOf } from '../format/name-of.js';
import { PartBar } from '../terminal/part-bar.js';
import { INTERRUPTED } from '../terminal/stop-signal.js';
import { chosenProjections } from './chosen-projections.js';
import { using, usingReadModels, type CliContext } from './cli-context.js';

const DIFFERENCES_SHOWN_MAX = 100;
const VALUE_LENGTH_MAX = 200;

export interface VerifyCommandOptions {
  readonly all?: boolean;
  /** Required if several read stores have a projection of that name. */
  readonly store?: string;
  /** A share of the documents: `1%`, `0.5 %`. */
  readonly sample?: string;
  readonly json?: boolean;
}

/** The outcome for one projection. */
type Outcome = VerifyReport | { readonly projection: string; readonly store: string; readonly isSame: boolean; readonly problem: string };

/**
 * Exit code 0: nothing differs; 1: something differs, or could not be verified; 130: interrupted. Errors:
 * PROJECTION_UNKNOWN, CLI_INVALID_ARGUMENT, those of the stores.
 */
export const verify = async (context: CliContext, names: readonly string[], options: VerifyCommandOptions): Promise<number> => {
  const { application, settings, terminal, signal } = context;
  const sample = shareOf(options.sample);
  return using(application.openEvents(settings), (reader) =>
    usingReadModels({ application, settings }, async ({ projections }) => {
      const outcomes: Outcome[] = [];
      for (const hosted of chosenProjections(projections, { names, isAll: options.all ?? false, store: options.store })) {
        const bar = new PartBar(terminal, nameOf(namesOf(hosted), projections.map(namesOf)), performance.now.bind(performance));
        const outcome = await verifyOne(hosted, { reader, sample, signal, bar });
        if (signal.aborted) return INTERRUPTED;
        outcomes.push(outcome);
        if (!options.json) for (const line of describe(outcome)) await terminal.print(line);
      }
      if (options.json) await terminal.print(toJson(outcomes, true));
      return outcomes.every(({ isSame }) => isSame) ? 0 : 1;
    }),
  );
};

interface VerifyParts {
  readonly reader: EventReader;
  readonly sample: number;
  readonly signal: AbortSignal;
  readonly bar: PartBar;
}

const verifyOne = async (hosted: HostedProjection, { reader, sample, signal, bar }: VerifyParts): Promise<Outcome> => {
  const { projection, store } = hosted;
  try {
    return await verifyProjection({
      reader,
      hosted,
      sample,
      signal,
      onProgress: ({ phase, position, until, pass, passes }) => {
        const parts = passes > 1 ? `, part ${pass} of ${passes}` : '';
        bar.update(shareDone(position, until), `${phase === 'fold' ? 'folding' : 'comparing'}${parts}`);
      },
    });
  } catch (error) {
    // One that cannot be verified must not hide the others.
    if (!isMainstemError(error)) throw error;
    const isNotThere = error.code === 'READ_STORE_UNKNOWN_GENERATION';
    const problem = isNotThere ? 'not started: there is nothing to verify' : `${error.message} (${error.code})`;
    return { projection: projection.name, store: store.name, isSame: isNotThere, problem };
  } finally {
    bar.stop();
  }
};

const shareDone = (position: Position | undefined, until: Position | undefined): number =>
  position === undefined || until === undefined || until === 0n ? 1 : Number((position * 1_000n) / until) / 1_000;

const PERCENT = /^([0-9]+(?:\.[0-9]+)?) ?%$/;

const shareOf = (sample: string | undefined): number => {
  if (sample === undefined) return 1;
  const share = Number(PERCENT.exec(sample)?.[1]) / 100;
  if (!(share > 0 && share <= 1)) throw new InvalidArgument('--sample', `must be a percentage above 0 and up to 100, such as 1%, got ${sample}.`);
  return share;
};

const describe = (outcome: Outcome): readonly string[] => {
  const title = `${outcome.projection} (${outcome.store})`;
  if ('problem' in outcome) return [`${title}: ${outcome.problem}`];
  const { generation, position, documentsCompared, documentsDiffering, fieldsDiffering, digest, differences, skipped } = outcome;
  const compared = `${title} generation ${generation} at position ${position ?? 'none'}: ${counted(documentsCompared, 'document')} compared`;
  const left = skipped.length > 0 ? [`  not compared in a sample: ${skipped.join(', ')}`] : [];
  if (outcome.isSame) return [`${compared}, nothing differs`, ...left];
  const more = fieldsDiffering - Math.min(differences.length, DIFFERENCES_SHOWN_MAX);
  return [
    `${compared}, ${count(documentsDiffering)} DIFFER`,
    ...left,
    ...(digest.stored === digest.expected ? [] : [`  events applied: digest ${digest.stored}, but the event store says ${digest.expected}`]),
    ...differences.slice(0, DIFFERENCES_SHOWN_MAX).flatMap(lines),
    ...(more > 0 ? [`  … and ${counted(more, 'more difference')}`] : []),
  ];
};

const lines = ({ store, collection, key, kind, field, stored, expected, lastEvent }: VerifyDifference): readonly string[] => {
  const place = `  ${store}  ${collection}  ${key}${field === undefined ? '' : `  ${field}`}  ${kind}`;
  const event = lastEvent ? [`      last event: ${lastEvent.type} at position ${lastEvent.position} of ${lastEvent.stream}`] : [];
  return [place, `      stored:   ${shown(stored)}`, `      expected: ${shown(expected)}`, ...event];
};

const shown = (value: unknown): string => {
  const text = value === undefined ? '(nothing)' : toJson(value);
  return text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX)}…` : text;
};
