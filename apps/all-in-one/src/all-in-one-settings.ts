// What the process that runs every part can be told when it starts.
import { policiesSetting } from '#apps/policies/src/policies-setting.js';
import { projectorProcessSettings } from '#apps/read-models/src/process-settings.js';
import { optional, type Setting, type ValuesOf } from '@mainstem/event-store/settings';
import { resolve } from 'node:path';

/** `data` is imported on the first start unless another file is named, or none. */
export const allInOneSettings = ({ data = '' }: { readonly data?: string | undefined } = {}) => ({
  ...projectorProcessSettings(),
  policies: policiesSetting,
  data: {
    flag: '--data',
    takes: '<file>',
    none: { flag: '--no-data', help: 'import nothing' },
    default: data,
    defaultInWords: "the repository's data",
    help: 'events to import on the first start (.ndjson or .ndjson.gz); `npm start` alone',
    parse: optional((file) => resolve(file)),
  } as const satisfies Setting<string | undefined>,
});

export type AllInOneSettings = ValuesOf<ReturnType<typeof allInOneSettings>>;
