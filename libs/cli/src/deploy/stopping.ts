// How long an application takes to stop, and what a platform has to wait.

/** The longest: running requests are answered for ten seconds, then everything is closed within five. */
export const STOP_S = 15;
/** Requests still come in until every node knows that the instance is leaving; it goes on answering so long. */
export const LEAVE_S = 5;
/** Until the platform ends the process by force: all of that, and some room. */
export const GRACE_S = LEAVE_S + STOP_S + 5;
