// Breaks applications-use-roots: an application comes in by the door of those who write read stores.
export { port } from '../../../libs/projection/src/adapter.js';
