// Breaks the allow-list: the write side and the read side never import each other.
export { projector } from '../../projection/src/projector.js';
