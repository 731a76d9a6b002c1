// The bookkeeping of one projection as a value: which generations it has, and how far each of their parts has come.
import type { EventMark, Incarnation, Position } from '@mainstem/event-store';
import { UnknownGeneration } from '../read-store/errors.js';
import { ofPartitions } from '../read-store/partition.js';
import type { Checkpoint, Generation, GenerationState } from '../read-store/checkpoint.js';

/** How far one part of a generation has come. */
export interface PartRecord {
  /** Sessions ever opened, or fenced off: it only rises. */
  readonly epoch: number;
  readonly position: Position | undefined;
  readonly digest: string;
  readonly lastEvent?: EventMark;
  /** Of the last commit, by the writer's clock. ISO 8601 in UTC. */
  readonly updatedAt: string;
}

export interface GenerationRecord {
  readonly number: number;
  readonly state: GenerationState;
  readonly version: number;
  readonly fingerprint: string;
  readonly incarnation: Incarnation;
  readonly isBulk: boolean;
  readonly createdAt: string;
  /** Of the last decision about the whole of it. */
  readonly updatedAt: string;
  /** Names. */
  readonly collections: readonly string[];
  /** At least one. A generation that is not split has one, which is like any other. */
  readonly parts: readonly PartRecord[];
}

export interface ProjectionRecord {
  readonly projection: string;
  /** The highest number that a generation ever had. */
  readonly lastNumber: number;
  /** By number. */
  readonly generations: readonly GenerationRecord[];
}

/** Of a projection that never ran. */
export const emptyRecord = (projection: string): ProjectionRecord => ({ projection, lastNumber: 0, generations: [] });

/** As the port describes it. */
export const describedIn = ({ projection }: Pick<ProjectionRecord, 'projection'>, generation: GenerationRecord): Generation => {
  const { number, state, version, fingerprint, incarnation, isBulk, createdAt, parts } = generation;
  const updatedAt = parts.reduce((latest, part) => (part.updatedAt > latest ? part.updatedAt : latest), generation.updatedAt);
  const checkpoints = parts.map(({ updatedAt: _, ...part }): Checkpoint => ({ incarnation, ...part }));
  return { projection, number, state, version, fingerprint, ...ofPartitions(checkpoints), isBulk, createdAt, updatedAt };
};

/** All of its generations as the port describes them, by number. */
export const allDescribed = (record: ProjectionRecord): readonly Generation[] => record.generations.map((one) => describedIn(record, one));

/** The one that serves, if one does. */
export const servingIn = ({ generations }: ProjectionRecord): GenerationRecord | undefined => generations.find(({ state }) => state === 'serving');

/** Errors: READ_STORE_UNKNOWN_GENERATION. */
export const generationIn = ({ projection, generations }: ProjectionRecord, number: number): GenerationRecord => {
  const found = generations.find((one) => one.number === number);
  if (!found) throw new UnknownGeneration(projection, number);
  return found;
};
