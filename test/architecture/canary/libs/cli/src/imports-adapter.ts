// Breaks the allow-list: operators of projections do not use the door of read stores.
export { port } from '../../projection/src/adapter.js';
