// What a client learns when a read model is behind.
import type { JsonValue, MainstemError } from '@mainstem/event-store';

/** Problem members for PROJECTION_BEHIND and PROJECTION_PAUSED: the projection, its position, and what is missing. */
export const projectionLag = (error: MainstemError): Readonly<Record<string, JsonValue>> => {
  const { projection, wanted, actual } = error as Partial<{ projection: string; wanted: bigint; actual: bigint }>;
  return {
    projection: projection ?? null,
    wantedPosition: wanted?.toString() ?? null,
    position: actual?.toString() ?? null,
    lag: wanted === undefined ? null : (wanted - (actual ?? 0n)).toString(),
  };
};
