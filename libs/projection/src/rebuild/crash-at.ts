// Kills the process at a crash point named in the environment: for tests of recovery with real processes.
import { CRASH_POINTS, REBUILD_CRASH_POINTS, type CrashPoint, type CrashPoints } from '../generations/crash-points.js';

const POINTS: readonly string[] = [...CRASH_POINTS, ...REBUILD_CRASH_POINTS];

/**
 * `MAINSTEM_CRASH_AT=point[:n]`: SIGKILL ends the process at the nth passage of that point (default the first), for any
 * projection. Undefined without the variable. Errors: RangeError for an unknown point.
 */
export const crashAtOf = (env: Readonly<Record<string, string | undefined>>): CrashPoints | undefined => {
  const setting = env['MAINSTEM_CRASH_AT'];
  if (setting === undefined || setting === '') return undefined;
  const [point = '', nth = '1'] = setting.split(':');
  if (!POINTS.includes(point) || !/^[1-9][0-9]*$/.test(nth)) {
    throw new RangeError(`MAINSTEM_CRASH_AT must be one of ${POINTS.join(', ')}, optionally with :n, got "${setting}"`);
  }
  let passages = 0;
  return {
    reach: (reached: CrashPoint): void => {
      if (reached === point && ++passages === Number(nth)) process.kill(process.pid, 'SIGKILL');
    },
  };
};
