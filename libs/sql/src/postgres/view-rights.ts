// What others have built on the view of a read model, and what they may do with it: a view that is made anew has lost both.
import { quoted } from '../entity/identifiers.js';
import { ReadModelInUse } from '../errors.js';
import type { SqlConnection } from '../sql-database.js';

/** Refuses a view that others are made of: PostgreSQL would refuse to drop it, however often it is tried. Errors: READ_STORE_VIEW_IN_USE. */
export const assertUnused = async (connection: SqlConnection, schema: string, view: string): Promise<void> => {
  const dependents = await connection.query<{ name: string }>(DEPENDENTS, [schema, view]);
  if (dependents.length > 0)
    throw new ReadModelInUse(
      view,
      dependents.map(({ name }) => name),
    );
};

/** The statements that give back what was granted on a view to others than its owner. Rights on single columns are not among them. */
export const grantsOn = async (connection: SqlConnection, schema: string, view: string): Promise<readonly string[]> => {
  const rows = await connection.query<Grant>(GRANTS, [schema, view]);
  const target = `${quoted(schema)}.${quoted(view)}`;
  return rows.map(({ privilege, role, grantable }) => {
    const to = role === null ? 'PUBLIC' : quoted(role);
    return `GRANT ${privilege} ON ${target} TO ${to}${grantable ? ' WITH GRANT OPTION' : ''}`;
  });
};

interface Grant {
  readonly privilege: string;
  /** Null for everyone. */
  readonly role: string | null;
  readonly grantable: boolean;
}

const DEPENDENTS = `
  SELECT DISTINCT CAST(dependent.oid AS regclass)::text AS name
  FROM pg_class AS used
  JOIN pg_namespace AS space ON space.oid = used.relnamespace
  JOIN pg_depend AS depend ON depend.refobjid = used.oid AND depend.classid = 'pg_rewrite'::regclass
  JOIN pg_rewrite AS rule ON rule.oid = depend.objid
  JOIN pg_class AS dependent ON dependent.oid = rule.ev_class
  WHERE space.nspname = ? AND used.relname = ? AND dependent.oid <> used.oid
  ORDER BY 1`;

const GRANTS = `
  SELECT acl.privilege_type AS privilege, role.rolname AS role, acl.is_grantable AS grantable
  FROM pg_class AS used
  JOIN pg_namespace AS space ON space.oid = used.relnamespace
  CROSS JOIN LATERAL aclexplode(used.relacl) AS acl
  LEFT JOIN pg_roles AS role ON role.oid = acl.grantee
  WHERE space.nspname = ? AND used.relname = ? AND acl.grantee <> used.relowner AND (acl.grantee = 0 OR role.rolname IS NOT NULL)
  ORDER BY 1, 2`;
