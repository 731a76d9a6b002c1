// Names of tables and views in SQL text.

/** Quotes one identifier, as all three databases take it. */
export const quoted = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;

/** Name of the table that holds one generation of a read model. */
export const generationTableName = (view: string, generation: number): string => `${view}__g${generation}`;

/** Column that holds a document's `$state`; the views do not show it. */
export const STATE_COLUMN = 'mainstem_state';

/** Property of a document that holds the engine's own bookkeeping. */
export const STATE_PROPERTY = '$state';
