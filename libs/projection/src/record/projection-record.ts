// The bookkeeping of one projection as a value: its generations, and the progress of each of their parts.
import type { EventMark, Incarnation, Position } from '@mainstem/event-store';
import { UnknownGeneration } from '../read-store/errors.js';
import { ofPartitions } from '../read-store/partition.js';
import type { Checkpoint, Generation, GenerationState } from '../read-store/checkpoint.js';

/** The progress of one part of a generation. */
export interface PartRecord {
  /** The number of sessions opened or fenced off: it only rises. */
  readonly epoch: number;
  readonly position: Position | undefined;
  readonly digest: string;
  readonly lastEvent?: EventMark;
  /** The time of the last commit, by the writer's clock. ISO 8601 in UTC. */
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
  /** The time of the last decision about the whole. */
  readonly updatedAt: string;
  /** Names. */
  readonly collections: readonly string[];
  /** At least one. A generation that is not partitioned has one, which is like any other. */
  readonly parts: readonly PartRecord[];
}

export interface ProjectionRecord {
  readonly projection: string;
  /** The highest number that a generation ever had. */
  readonly lastNumber: number;
  /** By number. */
  readonly generations: readonly GenerationRecord[];
}

/** For a projection that never ran. */
export const emptyRecord = (projection: string): ProjectionRecord => ({ projection, lastNumber: 0, generations: [] });

/** In the port's form. */
export const describedIn = ({ projection }: Pick<ProjectionRecord, 'projection'>, generation: GenerationRecord): Generation => {
  const { number, state, version, fingerprint, incarnation, isBulk, createdAt, parts } = generation;
  const updatedAt = parts.reduce((latest, part) => (part.updatedAt > latest ? part.updatedAt : latest), generation.updatedAt);
  const checkpoints = parts.map(({ updatedAt: _, ...part }): Checkpoint => ({ incarnation, ...part }));
  return { projection, number, state, version, fingerprint, ...ofPartitions(checkpoints), isBulk, createdAt, updatedAt };
};

/** All of its generations in the port's form, by number. */
export const allDescribed = (record: ProjectionRecord): readonly Generation[] => record.generations.map((one) => describedIn(record, one));

/** The serving generation, if there is one. */
export const servingIn = ({ generations }: ProjectionRecord): GenerationRecord | undefined => generations.find(({ state }) => state === 'serving');

/** Errors: READ_STORE_UNKNOWN_GENERATION. */
export const generationIn = ({ projection, generations }: ProjectionRecord, number: number): GenerationRecord => {
  const found = generations.find((one) => one.number === number);
  if (!found) throw new UnknownGeneration(projection, number);
  return found;
};
