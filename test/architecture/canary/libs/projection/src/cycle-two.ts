// Breaks no-circular, together with its neighbour.
import { one } from './cycle-one.js';
export const two = () => one;
