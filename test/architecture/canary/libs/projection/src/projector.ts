// What another library must not reach for.
export const projector = 'projector';
