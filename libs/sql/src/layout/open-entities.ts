// Opens a data source with its entities: refuses those that cannot hold documents; TypeORM passes values unchanged.
import type { DocumentClass } from '@mainstem/projection';
import type { DataSource } from 'typeorm';
import {
  DataTypeNotSupportedError,
  DriverOptionNotSetError,
  DriverPackageNotInstalledError,
  MissingPrimaryColumnError,
  QueryFailedError,
  TypeORMError,
} from 'typeorm';
import { UnsupportedEntity } from '../errors.js';
import type { NativeKind } from './column-kind.js';
import { EntityLayouts } from './entity-layouts.js';
import { kindOfType, USABLE_TYPES } from './entity-layout.js';

/** TypeORM's type of a column in queries, if it differs from the declared type. */
export type ShownTypes = Readonly<Partial<Record<NativeKind, 'text' | 'simple-json'>>>;

/** Kinds whose text is the field: TypeORM would make dates of some, in the machine's time zone. */
export const TEXT_KINDS: ShownTypes = { timestamptz: 'text', timestamp: 'text', date: 'text', time: 'text', numeric: 'text', uuid: 'text' };

/**
 * Connects, checks every entity, and returns their layouts; after a failure it closes what it opened. Errors:
 * READ_STORE_UNSUPPORTED_ENTITY, and the driver's unchanged.
 */
export const openEntities = async (dataSource: DataSource, entities: readonly DocumentClass[], shownTypes: ShownTypes): Promise<EntityLayouts> => {
  try {
    await dataSource.initialize();
  } catch (error) {
    throw isOfEntities(error) ? new UnsupportedEntity(entityIn(error.message, entities), `TypeORM refuses it: ${adviceOn(error)}`) : error;
  }
  try {
    const layouts = new EntityLayouts(dataSource, entities);
    for (const { columns } of dataSource.entityMetadatas) {
      for (const column of columns) column.type = shownTypes[kindOfType(column.type) as NativeKind] ?? column.type;
    }
    return layouts;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
};

/** Errors of the connection are the driver's; TypeORM's own errors here are about the entities. */
const isOfEntities = (error: unknown): error is TypeORMError =>
  error instanceof TypeORMError &&
  !(error instanceof QueryFailedError || error instanceof DriverPackageNotInstalledError || error instanceof DriverOptionNotSetError);

const adviceOn = (error: TypeORMError): string => {
  if (error instanceof DataTypeNotSupportedError) return `${error.message} Instead ${USABLE_TYPES}.`;
  if (error instanceof MissingPrimaryColumnError)
    return `${error.message} Put @PrimaryColumn('text') before the field that holds the document's key.`;
  return error.message;
};

/** The entity that a message names, else all of them. */
const entityIn = (message: string, entities: readonly DocumentClass[]): string => {
  const words = new Set(message.split(/[^\p{L}\p{N}_$]+/u));
  const named = entities.filter(({ name }) => words.has(name));
  return (named.length > 0 ? named : entities).map(({ name }) => name).join(', ');
};
