// Prepares the Java program: Maven finds its client once, javac compiles it, and a folder that git ignores keeps both.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const JAVA_VERSION_MIN = 17;
const MAVEN_TIMEOUT_MS = 600_000;
const pom = fileURLToPath(new URL('java/pom.xml', import.meta.url));
const source = fileURLToPath(new URL('java/CounterClient.java', import.meta.url));
const cache = fileURLToPath(new URL('../../.cache/java-client/', import.meta.url));

/** What is missing on this machine; undefined if nothing is. */
export const missingForJava = async (): Promise<string | undefined> => {
  try {
    const { stdout } = await run('javac', ['-version']);
    const version = Number(/^javac (\d+)/.exec(stdout)?.[1] ?? 0);
    if (!(version >= JAVA_VERSION_MIN)) return `a JDK from ${JAVA_VERSION_MIN} on (found ${stdout.trim()})`;
    await run('java', ['-version']);
  } catch {
    return `a JDK from ${JAVA_VERSION_MIN} on`;
  }
  try {
    await run('mvn', ['--version']);
    return undefined;
  } catch {
    return 'Maven';
  }
};

/** The arguments of `java` for the program; the first call fetches the client with Maven. */
export const javaProgram = async (): Promise<readonly string[]> => {
  const classPath = await resolved();
  const classes = join(cache, `classes-${hashOf(await readFile(source))}`);
  if (!existsSync(classes)) {
    // Moved in one step when complete: an interrupted run leaves nothing half done.
    const temporary = `${classes}.${process.pid}`;
    await run('javac', ['-encoding', 'UTF-8', '-d', temporary, '-cp', classPath, source]);
    await rename(temporary, classes);
  }
  return ['-cp', [classes, classPath].join(delimiter), 'CounterClient'];
};

const resolved = async (): Promise<string> => {
  await mkdir(cache, { recursive: true });
  const file = join(cache, `classpath-${hashOf(await readFile(pom))}.txt`);
  const known = existsSync(file) ? (await readFile(file, 'utf8')).trim() : '';
  if (known !== '' && known.split(delimiter).every((jar) => existsSync(jar))) return known;
  await run('mvn', ['-q', '-B', '-f', pom, 'dependency:build-classpath', `-Dmdep.outputFile=${file}`], { timeout: MAVEN_TIMEOUT_MS });
  return (await readFile(file, 'utf8')).trim();
};

const hashOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex').slice(0, 16);
