// Breaks no-circular, together with its neighbour.
import { two } from './cycle-two.js';
export const one = () => two;
