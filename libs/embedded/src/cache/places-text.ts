// A document's places on leaderboards, as text in its row.
import type { Places } from '@mainstem/projection/adapter';

const NO_PLACES: Places = new Map();

export const encodePlaces = (places: Places): string | null => (places.size === 0 ? null : JSON.stringify([...places]));

export const decodePlaces = (text: string | null): Places => (text === null ? NO_PLACES : new Map(JSON.parse(text) as [string, number][]));
