// Broken rules over HTTP.
import type { Answer } from '@mainstem/nest';
import { Controller, Param, Query } from '@nestjs/common';
import { ApiParam, ApiProperty, ApiTags, type ApiResponseOptions } from '@nestjs/swagger';
import { VIOLATION_RULES } from '#apps/read-models/src/sql/violation.entity.js';
import { GetFrom } from '../http/get-from.js';
import { KeyPipe } from '../http/key.pipe.js';
import { LIMIT_DEFAULT, PageQuery } from '../http/page.js';
import { PositionQuery } from '../http/position-query.js';
import { VIOLATIONS } from '../sources.js';
import { ViolationsQueries } from './violations.queries.js';

export class RuleAnswer {
  @ApiProperty({ enum: VIOLATION_RULES }) rule!: string;
  @ApiProperty({ type: 'integer', description: 'On all pages.' }) count!: number;
  @ApiProperty({ type: [String], description: 'Streams, `stream/line`, customers or SKUs, in order.' }) ids!: readonly string[];
  @ApiProperty({ type: 'string', nullable: true, description: 'Cursor of the next page.' }) next!: string | null;
}

const COUNTS: ApiResponseOptions = {
  description: 'Number of violations by rule; 0 for a rule that nothing breaks.',
  schema: { type: 'object', additionalProperties: { type: 'integer' }, example: { 'missingCustomer.order': 1_427 } },
};

@ApiTags('violations')
@Controller('api/violations')
export class ViolationsController {
  constructor(private readonly queries: ViolationsQueries) {}

  @GetFrom(VIOLATIONS, '', { summary: 'How often the recorded data breaks each rule', answer: COUNTS })
  counts(@Query() _: PositionQuery): Promise<Answer<Readonly<Record<string, number>>>> {
    return this.queries.counts();
  }

  @GetFrom(VIOLATIONS, ':rule', { summary: 'The subjects that break one rule', answer: { type: RuleAnswer }, hasKey: true })
  @ApiParam({ name: 'rule', enum: VIOLATION_RULES })
  rule(@Param('rule', KeyPipe) rule: string, @Query() { limit = LIMIT_DEFAULT, cursor }: PageQuery): Promise<Answer<RuleAnswer>> {
    return this.queries.ids(rule, limit, cursor);
  }
}
