// Whether the server's queue has room for a notification.

/**
 * Of SQL. A commit that notifies is refused while the queue is full, and a transaction that others commit cannot be
 * repeated without its notification: it goes without one before that. The queue belongs to all databases.
 */
export const HAS_NOTIFICATION_ROOM = 'pg_notification_queue_usage() < 0.9';
