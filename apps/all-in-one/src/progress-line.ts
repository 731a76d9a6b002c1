// One line about the progress of the first import and the read models.
import type { ProjectionStatus } from '@mainstem/projection';
import type { ImportStatus } from './first-import.js';

const BAR_WIDTH = 24;
const MEGABYTE = 1_000_000;

const counts = new Intl.NumberFormat('en-GB');

/** `[######------] 45%  5.6 of 12.5 MB  250,000 events  9,800/s  ETA 0:32  read models 12,000 behind` */
export const progressLine = (status: ImportStatus, projections: readonly ProjectionStatus[]): string =>
  [...importPart(status), readModelsPart(projections)].join('  ');

const importPart = ({ state, bytesRead, bytesTotal, events, elapsedMs, waitsFor }: ImportStatus): readonly string[] => {
  if (state === 'failed' || state === 'stopped') return ['Import not complete.'];
  if (state === 'not needed') return ['Nothing to import.'];
  if (state === 'waiting') return ['Looking at the data file.'];
  if (state !== 'importing') return ['Import done.'];
  const counted = `${counts.format(events)} events`;
  if (waitsFor !== undefined) return [`No progress at ${counted}: ${waitsFor}`];
  const share = bytesTotal > 0 ? bytesRead / bytesTotal : 0;
  const seconds = elapsedMs / 1_000;
  const filled = Math.round(share * BAR_WIDTH);
  return [
    `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${Math.floor(share * 100)}%`,
    `${(bytesRead / MEGABYTE).toFixed(1)} of ${(bytesTotal / MEGABYTE).toFixed(1)} MB`,
    counted,
    `${counts.format(Math.round(events / Math.max(seconds, 0.001)))}/s`,
    `ETA ${share > 0 ? duration((seconds / share) * (1 - share)) : '?'}`,
  ];
};

const readModelsPart = (projections: readonly ProjectionStatus[]): string => {
  const troubled = projections.find(({ isHealthy }) => !isHealthy);
  if (troubled) return `${troubled.projection} is ${troubled.state}: ${troubled.reason ?? 'no progress'}`;
  if (areCurrent(projections)) return 'read models live';
  const lag = largestLag(projections);
  return lag === 0n ? 'read models catching up' : `read models ${counts.format(lag)} events behind`;
};

/** True if every projection is live, here or in another instance, and has nothing to do. */
export const areCurrent = (projections: readonly ProjectionStatus[]): boolean =>
  projections.every(
    ({ state, position, head, lagEvents = 0n }) => (state === 'live' || state === 'standby') && lagEvents === 0n && position === head,
  );

/** The lag of the projection furthest behind, in events; 0 if positions do not count events. */
export const largestLag = (projections: readonly ProjectionStatus[]): bigint =>
  projections.reduce((largest, { lagEvents = 0n }) => (lagEvents > largest ? lagEvents : largest), 0n);

/** Minutes and seconds: 1:05. */
export const duration = (seconds: number): string => {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
};
