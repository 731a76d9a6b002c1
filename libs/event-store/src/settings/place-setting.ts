// The place of a store: each adapter offers the form of its addresses. An application joins its forms into one setting.
import type { Given, Setting } from './setting.js';

/** How the addresses of one kind of store look. */
export interface PlaceForm<Place> {
  /** For help and refusals: `embedded`, `redis://user:password@host:6379/0`. */
  readonly example: string;
  /** Versions, variants and parameters, for help. */
  readonly help?: string;
  /** Whether a text is meant to be such an address. */
  readonly accepts: (text: string) => boolean;
  /** Only for texts that it accepts. Errors: SETTINGS_INVALID. */
  readonly parse: (text: string, given: Given) => Place;
}

/** A place that one word names. */
export const wordForm = <const Word extends string>(word: Word, help: string): PlaceForm<Word> => ({
  example: word,
  help,
  accepts: (text) => text === word,
  parse: () => word,
});

interface PlaceOptions<Forms> {
  readonly environment: string;
  /** What is there, as the beginning of its help. */
  readonly help: string;
  /** The example of the first one is the default. */
  readonly forms: Forms;
}

/** A setting that takes an address of any of these forms. What it refuses is shown without user and password. */
export const placeSetting = <const Forms extends readonly [PlaceForm<unknown>, ...PlaceForm<unknown>[]]>({
  environment,
  help,
  forms,
}: PlaceOptions<Forms>): Setting<ReturnType<Forms[number]['parse']>> => ({
  environment,
  default: forms[0].example,
  help: `${help}: ${forms.map(described).join('; or ')}`,
  shows: 'address',
  parse: (text, given) => {
    const form = forms.find(({ accepts }) => accepts(text));
    if (!form) throw given.mustBe(forms.map(({ example }) => example).join(', or like '));
    return form.parse(text, given) as ReturnType<Forms[number]['parse']>;
  },
});

const described = ({ example, help }: PlaceForm<unknown>): string => `\`${example}\`${help === undefined ? '' : ` (${help})`}`;
