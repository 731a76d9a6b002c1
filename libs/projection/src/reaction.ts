// For those who build on effects that follow from events, as @mainstem/process does.
export type { Companion, Figures, Hosted, HostedReaction } from './definition/hosted-projection.js';
export { reaction, type Reaction, type ReactionContext, type ReactionOptions, type ReactionStart } from './definition/reaction.js';
