// How OpenAPI describes an answer that is an error (RFC 9457).
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export class QueryProblem {
  @ApiProperty({ example: 'urn:mainstem:problem:projection-behind' }) type!: string;
  @ApiProperty({ example: 'Projection behind' }) title!: string;
  @ApiProperty({ type: 'integer', example: 503 }) status!: number;
  @ApiProperty() detail!: string;
  @ApiProperty({ example: 'PROJECTION_BEHIND', description: 'Stable; branch on this.' }) code!: string;
  @ApiProperty({ example: '/api/totals' }) instance!: string;
  @ApiPropertyOptional({ type: 'array', items: { type: 'object', properties: { field: { type: 'string' }, message: { type: 'string' } } } })
  errors?: readonly object[];
  @ApiPropertyOptional({ type: 'string', description: 'Positions that the read model is behind.' }) lag?: string;
  @ApiPropertyOptional({ type: 'string', nullable: true, description: 'Where the read model is.' }) position?: string | null;
}
