// The import rules hold, and their check is able to fail.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const CANARY = 'test/architecture/canary';

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}
interface Report {
  readonly summary: { readonly violations: readonly Violation[]; readonly totalCruised: number };
  readonly modules: readonly { readonly source: string; readonly dependencies: readonly { readonly resolved: string }[] }[];
}

/** All sources are parsed: half a minute, and minutes on a machine that does other work, too. */
const SCAN_TIMEOUT_MS = 300_000;

describe('the import rules', () => {
  it('report every canary file under the rule that it breaks', async () => {
    const { summary } = await cruise([CANARY]);
    const found = summary.violations.map(({ from, rule }) => `${from.replace(`${CANARY}/`, '')}: ${rule.name}`);
    expect([...new Set(found)].toSorted()).toEqual([
      'apps/query-api/src/imports-adapter.ts: applications-use-roots',
      'apps/query-api/src/imports-adapter.ts: not-in-allowed',
      'apps/sql-projector/src/imports-aggregate.ts: not-in-allowed',
      'apps/sql-projector/src/imports-aggregate.ts: projector-reads-events-only',
      'apps/sql-projector/src/imports-nothing.ts: no-unresolvable',
      'apps/sql-projector/src/imports-nothing.ts: not-in-allowed',
      'libs/aggregate/src/imports-projection.ts: not-in-allowed',
      'libs/cli/src/imports-adapter.ts: not-in-allowed',
      'libs/event-store/src/imports-driver.ts: contract-without-io',
      'libs/event-store/src/imports-nest.ts: not-in-allowed',
      'libs/projection/src/cycle-one.ts: no-circular',
      'libs/projection/src/fold: no-folder-cycles',
      'libs/projection/src/run: no-folder-cycles',
      'libs/sql/src/settings.ts: settings-without-driver',
    ]);
  });

  it('hold for everything, and follow imports by package name into the sources', { timeout: SCAN_TIMEOUT_MS }, async () => {
    const { summary, modules } = await cruise(['libs', 'src', 'apps']);
    expect(summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`)).toEqual([]);
    const errors = modules.find(({ source }) => source === 'libs/projection/src/read-store/errors.ts');
    expect(errors?.dependencies.map(({ resolved }) => resolved)).toContain('libs/event-store/src/index.ts');
  });
});

const cruise = (folders: readonly string[]): Promise<Report> =>
  new Promise((resolve, reject) => {
    const program = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const args = [program, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...folders];
    // The exit code is the number of violations; only an unreadable report is a failure here.
    execFile(process.execPath, args, { cwd: root, maxBuffer: 256 * 1_048_576 }, (error, stdout) => {
      try {
        resolve(JSON.parse(stdout) as Report);
      } catch {
        reject(error ?? new Error('the report is not JSON'));
      }
    });
  });
