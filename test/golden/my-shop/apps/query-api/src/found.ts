// A document, or 404 with the position at which there is none.
import type { Answer, Reflecting } from '@mainstem/nest';
import { NotFoundException } from '@nestjs/common';

class NotThere extends NotFoundException implements Reflecting {
  constructor(
    key: string,
    readonly reflects: Reflecting['reflects'],
  ) {
    super(`There is no ${key}.`);
  }
}

export const found = <Document>({ value, position }: Answer<Document | null | undefined>, key: string): Answer<Document> => {
  if (value == null) throw new NotThere(key, position);
  return { value, position };
};
