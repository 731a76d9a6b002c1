// Where the SQL read store can be: one form a dialect. A dialect is added here and in `open-database.ts`.
import { wordForm, type PlaceForm } from '@mainstem/event-store/settings';

/** SQLite, in the folder of the embedded stores. */
const sqliteForm = wordForm('embedded', 'SQLite, in the folder of `--dir`');

const postgresForm: PlaceForm<{ readonly url: string }> = {
  example: 'postgres://user:password@host:5432/database',
  help: 'PostgreSQL; no version is asked for, tests run on 15 and 18',
  accepts: (text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text),
  parse: (url) => ({ url }),
};

const mariadbForm: PlaceForm<{ readonly url: string }> = {
  example: 'mariadb://user:password@host:3306/database',
  help: 'MariaDB ≥ 10.6; `?tls=true` goes over TLS, `&tlsCAFile=/path/ca.pem` names its CA',
  accepts: (text) => text.startsWith('mariadb://') && URL.canParse(text),
  parse: (url) => ({ url }),
};

/** What a setting such as READ_STORE_SQL takes, one form a dialect. The URL may hold a password. */
export const sqlForms = [sqliteForm, postgresForm, mariadbForm] as const;
