// Checks keys in a path or a query.
import { InvalidRequest } from '@mainstem/nest';
import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { Matches } from 'class-validator';

const LENGTH_MAX = 512;
// Stores cannot hold these, so no document can have such a key.
const UNUSABLE = /[\0\p{Cs}]/u;

/** Passes keys of 1 to 512 characters. Errors: REQUEST_INVALID. */
export class KeyPipe implements PipeTransform<string, string> {
  transform(key: string, { data }: ArgumentMetadata): string {
    if (key.length >= 1 && key.length <= LENGTH_MAX && !UNUSABLE.test(key)) return key;
    throw new InvalidRequest([{ field: data ?? 'key', message: `must have 1 to ${LENGTH_MAX} characters, none of them NUL` }]);
  }
}

/** The same for a field of a query. */
export const IsKey = ({ each = false }: { readonly each?: boolean } = {}): PropertyDecorator =>
  Matches(/^[^\0\p{Cs}]{1,512}$/u, { each, message: ({ property }) => `${property} must have 1 to ${LENGTH_MAX} characters, none of them NUL` });
