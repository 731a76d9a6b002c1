// What `contracts check` tells: breaks first, each with its readers and what to do, then what breaks nothing.
import { upcasterStub, type ContractChange, type EventContracts } from '@mainstem/event-store/contract';
import { count, counted } from '../format/amounts.js';
import type { ContractsLook } from './contracts-look.js';

export interface ToldChange extends ContractChange {
  /** Who reads the event, such as `projection order-lines`. */
  readonly readers: readonly string[];
}

export interface ContractsReport {
  readonly isBreaking: boolean;
  readonly changes: readonly ToldChange[];
  /** Declarations with an upcaster, by event. */
  readonly stubs: Readonly<Record<string, string>>;
  /** Undefined: no stored event was read. */
  readonly history: { readonly isWhole: boolean; readonly events: number } | undefined;
  /** Faults of stored events beyond those listed. */
  readonly left: number;
  /** Of `left`, the breaking ones. */
  readonly leftBreaking: number;
  /** Why readers are missing. */
  readonly readersProblem?: string;
}

export const contractsReport = (
  { changes, declared, history, left, leftBreaking, readers }: ContractsLook,
  locked: EventContracts,
): ContractsReport => {
  const breaking = [...new Set(changes.filter(({ isBreaking }) => isBreaking).map(({ event }) => event))];
  const stubs = breaking.flatMap((event) => {
    const version = Math.max(locked[event]?.version ?? 1, declared[event]?.version ?? 1);
    const stub = declared[event] && upcasterStub(event, version, changes);
    return stub === undefined ? [] : [[event, stub] as const];
  });
  return {
    isBreaking: breaking.length > 0 || leftBreaking > 0,
    changes: changes.map((change) => ({ ...change, readers: readers.byEvent.get(change.event) ?? [] })),
    stubs: Object.fromEntries(stubs),
    history: history && { isWhole: history.isWhole, events: history.events },
    left,
    leftBreaking,
    ...(readers.problem !== undefined && { readersProblem: readers.problem }),
  };
};

export const reportLines = ({ changes, stubs, history, left, leftBreaking, readersProblem, isBreaking }: ContractsReport): readonly string[] => {
  const breaks = changes.filter((change) => change.isBreaking);
  const others = changes.filter((change) => !change.isBreaking);
  const events = [...new Set(breaks.map(({ event }) => event))];
  return [
    ...events.flatMap((event) =>
      eventLines(
        event,
        breaks.filter((change) => change.event === event),
        stubs[event],
      ),
    ),
    ...others.map((change) => `told      ${lineOf(change)}`),
    ...(left > 0 ? [`… and ${counted(left, 'more event')} with other faults, ${count(leftBreaking)} of them breaking`] : []),
    ...(readersProblem === undefined || breaks.length === 0 ? [] : [`Readers besides aggregates are not known: ${readersProblem}`]),
    `${isBreaking ? `${counted(breaks.length, 'BREAKING change')}` : 'Nothing breaks'}${others.length > 0 ? `, ${counted(others.length, 'other change')}` : ''}; ${historyText(history)}`,
  ];
};

const eventLines = (event: string, breaks: readonly ToldChange[], stub: string | undefined): readonly string[] => {
  const advice = [...new Set(breaks.flatMap((change) => change.advice ?? []))];
  const readers = breaks[0]?.readers ?? [];
  return [
    ...breaks.map((change) => `BREAKING  ${lineOf(change)}`),
    `  read by: ${readers.length === 0 ? 'no declared reader' : readers.join(', ')}`,
    ...advice.map((text) => `  ${text}`),
    ...(stub === undefined ? [] : [`  An upcaster to begin with, for the registry of ${event.slice(0, event.indexOf('/'))}:`]),
    ...(stub?.split('\n').map((line) => `    ${line}`) ?? []),
  ];
};

const lineOf = ({ event, field, versions, message, example }: ContractChange): string => {
  const place = field === undefined ? event : `${event} ${field}`;
  const concerned = versions.length === 0 ? '' : ` (schema version ${versions.join(', ')})`;
  const where = example === undefined ? '' : `, such as position ${example.position} of ${example.stream}`;
  return `${place}${concerned}: ${message}${where}`;
};

const historyText = (history: ContractsReport['history']): string => {
  if (history === undefined) return 'no stored event was read';
  return history.isWhole ? `all ${counted(history.events, 'stored event')} read` : `a sample of ${counted(history.events, 'stored event')} read`;
};
