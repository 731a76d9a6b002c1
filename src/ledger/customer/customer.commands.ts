// The commands of a customer. Policies send them; they have no address over HTTP.
import { IsInt, IsNotEmpty, IsString, Min } from 'class-validator';

/** A line of a document of this customer. */
class DocumentLine {
  /** The document's stream. */
  @IsString() @IsNotEmpty() document!: string;
  @IsInt() @Min(1) line!: number;
  @IsString() @IsNotEmpty() sku!: string;
  @IsInt() @Min(1) quantity!: number;
}

export class RecordPurchase extends DocumentLine {}

export class RecordReturn extends DocumentLine {}

export type CustomerCommand = RecordPurchase | RecordReturn;
