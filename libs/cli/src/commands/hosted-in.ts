// Everything that an application hosts: its projections, and its reactions.
import type { Hosted } from '@mainstem/projection/reaction';
import type { OpenReadModels } from '../application.js';

export const hostedIn = ({ projections, reactions = [] }: OpenReadModels): readonly Hosted[] => [...projections, ...reactions];
