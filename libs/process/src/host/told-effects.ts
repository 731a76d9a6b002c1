// Effects that this process has told to their instances: they need not be told again.
import { RecentNames } from './recent-names.js';

/** What was forgotten is told once more, which changes nothing. */
export class ToldEffects {
  readonly #told = new RecentNames();

  add(stream: string, commandId: string): void {
    this.#told.add(nameOf(stream, commandId));
  }

  has(stream: string, commandId: string): boolean {
    return this.#told.has(nameOf(stream, commandId));
  }
}

/** Another stream may have a command under the same id: it is another effect. No id contains a line break. */
const nameOf = (stream: string, commandId: string): string => `${commandId}\n${stream}`;
