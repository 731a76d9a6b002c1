// Objects and rights that others have added to a read model's view: a view that is made anew loses both.
import { ReadModelInUse } from '../errors.js';
import type { SqlConnection } from '../server/sql-database.js';

/** A view that will be dropped, and perhaps made anew. */
export interface UsedView {
  readonly schema: string;
  readonly name: string;
  readonly isMadeAnew: boolean;
}

/**
 * Refuses a view that other objects depend on: PostgreSQL would refuse to drop it, or drop them silently. Errors:
 * READ_STORE_VIEW_IN_USE.
 */
export const assertUnused = async (connection: SqlConnection, view: UsedView): Promise<void> => {
  const dependents = await connection.query<{ name: string }>(DEPENDENTS, [view.schema, view.name]);
  if (dependents.length > 0)
    throw new ReadModelInUse(
      view.name,
      dependents.map(({ name }) => name),
      view.isMadeAnew,
    );
};

/** A view before a promotion. */
export interface ShownView {
  /** In the view's order, which may be that of an older entity. */
  readonly columns: readonly string[];
  /** `WITH (…)` for the statement that makes it, which resets missing options; else empty. */
  readonly options: string;
  /** The quoted owner, if it is another role: the view reads the tables with the owner's rights. */
  readonly otherOwner: string | null;
}

/** Undefined if there is no such view. */
export const shownView = async (connection: SqlConnection, schema: string, view: string): Promise<ShownView | undefined> =>
  (await connection.query<ShownView>(SHOWN, [schema, view]))[0];

/**
 * Statements that restore, on a new view without rights (`revokingStatements`), its rights, also on columns, its
 * comments and, last, its owner.
 */
export const restoringStatements = async (
  connection: SqlConnection,
  { schema, view, columns }: { readonly schema: string; readonly view: string; readonly columns: readonly string[] },
): Promise<readonly string[]> => {
  const rows = await connection.query<{ readonly of: string | null; readonly statement: string }>(STATEMENTS, [schema, view]);
  return rows.filter(({ of }) => of === null || columns.includes(of)).map(({ statement }) => statement);
};

/** Statements that remove every right on a view, also from ALTER DEFAULT PRIVILEGES. */
export const revokingStatements = async (connection: SqlConnection, schema: string, view: string): Promise<readonly string[]> =>
  (await connection.query<{ readonly statement: string }>(REVOKING, [schema, view])).map(({ statement }) => statement);

const DEPENDENTS = `
  SELECT DISTINCT CASE WHEN rule.ev_class <> used.oid THEN CAST(CAST(rule.ev_class AS regclass) AS text)
    ELSE pg_describe_object(depend.classid, depend.objid, depend.objsubid) END AS name
  FROM pg_class AS used
  JOIN pg_namespace AS space ON space.oid = used.relnamespace
  JOIN pg_type AS shape ON shape.oid = used.reltype
  JOIN pg_depend AS depend ON (depend.refclassid = CAST('pg_class' AS regclass) AND depend.refobjid = used.oid)
    OR (depend.refclassid = CAST('pg_type' AS regclass) AND depend.refobjid IN (shape.oid, shape.typarray))
  LEFT JOIN pg_rewrite AS rule ON depend.classid = CAST('pg_rewrite' AS regclass) AND rule.oid = depend.objid
  WHERE space.nspname = ? AND used.relname = ? AND depend.deptype IN ('n', 'a')
    AND (rule.oid IS NULL OR rule.ev_class <> used.oid OR rule.rulename <> '_RETURN')
  ORDER BY 1`;

const SHOWN = `
  SELECT ARRAY(SELECT CAST(attname AS text) FROM pg_attribute WHERE attrelid = used.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum) AS columns,
    coalesce((SELECT ' WITH (' || string_agg(quote_ident(option_name) || ' = ' || quote_literal(option_value), ', ') || ')'
      FROM pg_options_to_table(used.reloptions)), '') AS options,
    CASE WHEN owner.rolname <> current_user THEN quote_ident(owner.rolname) END AS "otherOwner"
  FROM pg_class AS used
  JOIN pg_namespace AS space ON space.oid = used.relnamespace
  JOIN pg_roles AS owner ON owner.oid = used.relowner
  WHERE space.nspname = ? AND used.relname = ? AND used.relkind = 'v'`;

const REVOKING = `
  SELECT DISTINCT format('REVOKE ALL ON %I.%I FROM %s', space.nspname, used.relname, coalesce(quote_ident(role.rolname), 'PUBLIC')) AS statement
  FROM pg_class AS used
  JOIN pg_namespace AS space ON space.oid = used.relnamespace
  CROSS JOIN LATERAL aclexplode(coalesce(used.relacl, acldefault('r', used.relowner))) AS acl
  LEFT JOIN pg_roles AS role ON role.oid = acl.grantee
  WHERE space.nspname = ? AND used.relname = ? AND used.relkind = 'v' AND (acl.grantee = 0 OR role.rolname IS NOT NULL)`;

/** Rights of the owner belong to this role, which makes the view, until it gives the view away. */
const STATEMENTS = `
  WITH used AS (
    SELECT used.oid, used.relowner, used.relacl, format('%I.%I', space.nspname, used.relname) AS name
    FROM pg_class AS used JOIN pg_namespace AS space ON space.oid = used.relnamespace
    WHERE space.nspname = ? AND used.relname = ?
  ), fields AS (
    SELECT CAST(attname AS text) AS field, attnum, attacl FROM pg_attribute JOIN used ON attrelid = used.oid WHERE attnum > 0 AND NOT attisdropped
  ), grants AS (
    SELECT NULL AS field, acl.* FROM used CROSS JOIN LATERAL aclexplode(coalesce(used.relacl, acldefault('r', used.relowner))) AS acl
    UNION ALL SELECT field, acl.* FROM fields CROSS JOIN LATERAL aclexplode(attacl) AS acl
  )
  SELECT field AS "of", format('GRANT %s%s ON %s TO %s%s', privilege_type, CASE WHEN field IS NULL THEN '' ELSE format(' (%I)', field) END, used.name,
    CASE WHEN grantee = used.relowner THEN 'CURRENT_USER' ELSE coalesce(quote_ident(role.rolname), 'PUBLIC') END, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement
  FROM used CROSS JOIN grants LEFT JOIN pg_roles AS role ON role.oid = grantee
  WHERE grantee IN (0, used.relowner) OR role.rolname <> current_user
  UNION ALL SELECT NULL, format('COMMENT ON VIEW %s IS %L', name, obj_description(oid, 'pg_class')) FROM used
    WHERE obj_description(oid, 'pg_class') IS NOT NULL
  UNION ALL SELECT field, format('COMMENT ON COLUMN %s.%I IS %L', name, field, col_description(oid, attnum)) FROM used CROSS JOIN fields
    WHERE col_description(oid, attnum) IS NOT NULL
  UNION ALL SELECT NULL, format('ALTER VIEW %s OWNER TO %I', name, owner.rolname) FROM used JOIN pg_roles AS owner ON owner.oid = relowner
    WHERE owner.rolname <> current_user`;
