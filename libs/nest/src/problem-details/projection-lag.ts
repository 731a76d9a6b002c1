// What a client is told when a read model is behind.
import type { JsonValue, MainstemError } from '@mainstem/event-store';

/** Problem members for PROJECTION_BEHIND: which projection, where it is, and how many positions are missing. */
export const projectionLag = (error: MainstemError): Readonly<Record<string, JsonValue>> => {
  const { projection, wanted, actual } = error as Partial<{ projection: string; wanted: bigint; actual: bigint }>;
  return {
    projection: projection ?? null,
    wantedPosition: wanted?.toString() ?? null,
    position: actual?.toString() ?? null,
    lag: wanted === undefined ? null : (wanted - (actual ?? 0n)).toString(),
  };
};
