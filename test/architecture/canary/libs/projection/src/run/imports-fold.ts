// Breaks no-folder-cycles, together with what stands in fold.
export { decimal } from '../fold/decimal.js';
