// Finds an OpenSearch for the tests: OPENSEARCH_URL, else 127.0.0.1:9200, else a private node from Maven's jars.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from '../child.mjs';
import { inRoot, say } from '../repository.mjs';
import { freePortBetween } from './free-port.mjs';
import { keptFolder } from './kept-services.mjs';
import { findServer, startServer } from './server-process.mjs';

const ANSWER_TIMEOUT_MS = 2_000;
/** A start takes ten seconds, and many times that on a busy machine. */
const START_TIMEOUT_MS = 240_000;
const STOP_TIMEOUT_MS = 15_000;
const POLL_MS = 100;
/** The runner accepts no others. */
const PORTS = [9_210, 9_299];
const HEAP = '-Xmx768m';
/** A node that runs for minutes would spend a third of its processor time on compiling its own code. */
const BRIEF = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** The runnable version: that of the jars, and the oldest JDK for them. */
export const OPENSEARCH_3 = { runner: '3.3.0.0', javaMin: 21 };
export const OPENSEARCH_2 = { runner: '2.19.1.0', javaMin: 11, javaMax: 21 };

/** @param {{ isKept: boolean }} options whether a private node is to outlive the tests */
export const findOpenSearch = ({ isKept }) => {
  const start = () => startOpenSearch({ isKept });
  return findServer({ name: 'OpenSearch', variable: 'OPENSEARCH_URL', local: ['http://127.0.0.1:9200'], versionOf, start });
};

/**
 * A node on a free port of loopback. Its folder is temporary and removed by `stop`; in a given folder the data stays
 * for the next start.
 * @param {{ version?: { runner: string, javaMin: number, javaMax?: number }, folder?: string, port?: number, isKept?:
 * boolean }} [options]
 *   kept: runs for long, and is worth making fast
 * @returns {Promise<{ url: string, port: number, version: string, pid: number, stop: () => Promise<void>, kill: () =>
 * Promise<void> }>}
 *   `kill` ends it as a crash does. Errors: says what is missing.
 */
export const startOpenSearch = async ({ version = OPENSEARCH_3, folder, port, isKept = false } = {}) => {
  const program = findJava(version);
  const jars = await resolveJars(version.runner);
  const base = folder ?? mkdtempSync(path.join(os.tmpdir(), 'mainstem-opensearch-'));
  const onPort = port ?? (await freePortBetween(PORTS[0], PORTS[1]));
  const java = [HEAP, '-XX:-UsePerfData', ...(isKept ? [] : BRIEF), '-cp', path.join(jars, '*')];
  // The runner adds the number of the node to the port.
  const flags = ['-basePath', base, '-numOfNode', '1', '-clusterName', `mainstem-${onPort}-${process.pid}`, '-baseHttpPort', String(onPort - 1)];
  const url = `http://127.0.0.1:${onPort}`;
  const node = await startServer({
    program,
    args: [...java, 'org.codelibs.opensearch.runner.OpenSearchRunner', ...flags, '-useLogger'],
    options: { cwd: base },
    ask: () => versionWhenUp(url),
    startTimeoutMs: START_TIMEOUT_MS,
    pollMs: POLL_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
    stopped: () => folder === undefined && rmSync(base, { recursive: true, force: true }),
  });
  return { ...node, url, port: onPort, origin: "Maven's jars" };
};

const versionOf = async (url) => {
  const { username, password, origin } = new URL(url);
  const headers = username ? { authorization: `Basic ${Buffer.from(decodeURIComponent(`${username}:${password}`)).toString('base64')}` } : {};
  const answer = await fetch(origin, { headers, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }).catch((error) => {
    throw new Error(error.cause?.code ?? error.message);
  });
  const body = await answer.json();
  if (typeof body?.version?.number !== 'string') throw new Error('the answer is not that of OpenSearch');
  return body.version.number;
};

const versionWhenUp = async (url) => {
  const version = await versionOf(url);
  const health = await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  if (!health.ok) throw new Error(`its health is answered with ${health.status}`);
  return version;
};

/** The folder of the jars; Maven fills it once. */
const resolveJars = async (runner) => {
  const jars = path.join(keptFolder, `opensearch-${runner}`);
  if (existsSync(jars)) return jars;
  say(`Fetching OpenSearch ${runner} with Maven (56 MB, once) …`);
  mkdirSync(path.dirname(jars), { recursive: true });
  // Moved in one step when complete: another process may do the same, and this one may be interrupted.
  const partial = mkdtempSync(`${jars}.`);
  const args = ['-q', '-B', '-f', inRoot('test', 'services', 'opensearch', 'pom.xml'), 'dependency:copy-dependencies', '-DincludeScope=runtime'];
  const { code, output } = await run('mvn', [...args, `-Dopensearch.runner.version=${runner}`, `-DoutputDirectory=${partial}`], {
    isQuiet: true,
  }).catch((error) => ({ code: 1, output: error.code === 'ENOENT' ? 'Maven is not installed (mvn is not in the path)' : error.message }));
  if (code !== 0) {
    rmSync(partial, { recursive: true, force: true });
    throw new Error(`Maven could not fetch it: ${output.trim().slice(-1_000)}`);
  }
  try {
    renameSync(partial, jars);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(jars)) throw error;
  }
  return jars;
};

/** The program `java` of the newest JDK or JRE that fits. Errors: names the fitting ones. */
const findJava = ({ runner, javaMin, javaMax = Infinity }) => {
  const homes = [process.env.JAVA_HOME_25, process.env.JAVA_HOME_21, process.env.JAVA_HOME, ...below('/usr/lib/jvm'), ...macHomes()];
  const found = homes
    .flatMap((home) => (home ? [{ home, version: javaVersion(home) }] : []))
    .filter(({ version }) => version >= javaMin && version <= javaMax)
    .sort((left, right) => right.version - left.version);
  if (found[0]) return path.join(found[0].home, 'bin', process.platform === 'win32' ? 'java.exe' : 'java');
  const range = javaMax === Infinity ? `${javaMin} or newer` : `${javaMin} to ${javaMax}`;
  throw new Error(`OpenSearch ${runner} needs Java ${range}: install it, and set JAVA_HOME if it is not below /usr/lib/jvm`);
};

const below = (folder) => (existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : []);

const macHomes = () => below('/Library/Java/JavaVirtualMachines').map((home) => path.join(home, 'Contents', 'Home'));

/** Major version, as the installation reports it; 0 for no Java. */
const javaVersion = (home) => {
  try {
    const [, major = '0'] = /^JAVA_VERSION="(\d+)/m.exec(readFileSync(path.join(home, 'release'), 'utf8')) ?? [];
    return Number(major);
  } catch {
    return 0;
  }
};
