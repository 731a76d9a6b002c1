// The query parameter of every route.
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';

export class PositionQuery {
  @ApiPropertyOptional({
    type: 'string',
    pattern: '^([0-9]+|latest)$',
    description:
      'Waits until the answer reflects this position (a `Mainstem-Position` of an earlier answer), or the end of the event store (`latest`). ' +
      'Same as the header `Mainstem-Min-Position`.',
  })
  @IsOptional()
  @Matches(/^(0|[1-9][0-9]{0,18}|latest)$/, { message: 'minPosition must be a decimal number from 0, or `latest`' })
  minPosition?: string;
}
