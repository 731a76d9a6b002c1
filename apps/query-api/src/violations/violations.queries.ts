// Queries about broken rules.
import { SQL_READ_STORE } from '#apps/read-models/src/read-stores.js';
import { Violation, VIOLATION_RULES } from '#apps/read-models/src/sql/violation.entity.js';
import type { Answer } from '@mainstem/nest';
import { Inject, Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import { UnknownName } from '../errors.js';
import { pageOf, placeOf } from '../http/page.js';
import type { SqlReads } from '../read-stores.js';
import { VIOLATIONS } from '../sources.js';

export interface RuleViolations {
  readonly rule: string;
  readonly count: number;
  readonly ids: readonly string[];
  readonly next: string | null;
}

@Injectable()
export class ViolationsQueries {
  constructor(@Inject(SQL_READ_STORE) private readonly sql: SqlReads) {}

  /** By rule; 0 for a rule that nothing breaks. */
  async counts(): Promise<Answer<Readonly<Record<string, number>>>> {
    return this.sql.read(VIOLATIONS.projections, async (manager) => {
      const rows = await manager
        .getRepository(Violation)
        .createQueryBuilder('violation')
        .select('violation.rule', 'rule')
        .addSelect('COUNT(*)', 'count')
        .groupBy('violation.rule')
        .getRawMany<{ rule: string; count: string | number }>();
      const counts = new Map(rows.map(({ rule, count }) => [rule, Number(count)]));
      return Object.fromEntries(VIOLATION_RULES.map((rule) => [rule, counts.get(rule) ?? 0]));
    });
  }

  /** The subjects that break one rule, in order. Errors: READ_MODEL_KEY_UNKNOWN. */
  async ids(name: string, limit: number, cursor: string | undefined): Promise<Answer<RuleViolations>> {
    const rule = VIOLATION_RULES.find((known) => known === name);
    if (!rule) throw new UnknownName('rule', name, VIOLATION_RULES);
    const [after] = placeOf(cursor, rule, 'string') ?? [];
    return this.sql.read(VIOLATIONS.projections, async (manager) => {
      const violations = manager.getRepository(Violation);
      const count = await violations.countBy({ rule });
      const where = after === undefined ? { rule } : { rule, key: MoreThan(String(after)) };
      const rows = await violations.find({ where, order: { key: 'ASC' }, take: limit + 1 });
      const { items, next } = pageOf(
        rows,
        limit,
        (last) => [rule, last.key],
        ({ id }) => id,
      );
      return { rule, count, ids: items, next };
    });
  }
}
