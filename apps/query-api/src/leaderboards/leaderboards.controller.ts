// Leaderboards over HTTP.
import { InvalidRequest, type Answer } from '@mainstem/nest';
import { Controller, Param, Query } from '@nestjs/common';
import { ApiParam, ApiTags, type ApiResponseOptions } from '@nestjs/swagger';
import { GetFrom } from '../http/get-from.js';
import { KeyPipe } from '../http/key.pipe.js';
import { LIMIT_DEFAULT, LimitQuery } from '../http/page.js';
import { BOARDS, MONTHLY_BOARDS } from '../sources.js';
import { LEADERBOARD_NAMES, LeaderboardsQueries, type Places } from './leaderboards.queries.js';

const MONTHLY_LIMIT_DEFAULT = 5;
const MONTH = /^[0-9]{4}-(0[1-9]|1[0-2])$/;

const PLACES: ApiResponseOptions = {
  description: 'Key and value, the largest first, then by key.',
  schema: {
    type: 'array',
    items: { type: 'array', minItems: 2, maxItems: 2, items: { oneOf: [{ type: 'string' }, { type: 'integer' }] } },
    example: [['23843', 80_995]],
  },
};

@ApiTags('leaderboards')
@Controller('api/leaderboards')
export class LeaderboardsController {
  constructor(private readonly queries: LeaderboardsQueries) {}

  @GetFrom(BOARDS, ':name', { summary: 'First places of a leaderboard, from the cache', answer: PLACES, hasKey: true })
  @ApiParam({ name: 'name', enum: LEADERBOARD_NAMES })
  top(@Param('name', KeyPipe) name: string, @Query() { limit = LIMIT_DEFAULT }: LimitQuery): Promise<Answer<Places>> {
    return this.queries.top(name, limit);
  }

  @GetFrom(MONTHLY_BOARDS, 'skus-by-units-sold/:month', {
    summary: 'Units sold in one month, the first five unless a limit is given',
    answer: PLACES,
  })
  @ApiParam({ name: 'month', schema: { type: 'string', pattern: MONTH.source, example: '2010-12' } })
  topOfMonth(@Param('month') month: string, @Query() { limit = MONTHLY_LIMIT_DEFAULT }: LimitQuery): Promise<Answer<Places>> {
    if (!MONTH.test(month)) throw new InvalidRequest([{ field: 'month', message: 'must look like 2010-12' }]);
    return this.queries.topOfMonth(month, limit);
  }
}
