// Breaks the allow-list: whoever operates projections does not come in by the door of read stores.
export { port } from '../../projection/src/adapter.js';
