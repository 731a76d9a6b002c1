// What a read has given to the connection and the client has not taken yet: measured in bytes, not in single messages.
import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

/** Of each call. One message may go beyond. */
const UNTAKEN_BYTES_MAX = 128 * 1_024;
/** What a message that is no event counts as. */
const MARK_BYTES = 256;

export const sizeOf = (message: unknown): number => (Buffer.isBuffer(message) ? message.length : MARK_BYTES);

/**
 * gRPC hands the next message over when the connection has taken the one before, which costs a write to the socket for each. Here a message counts
 * as sent as long as there is room, so that those of one page leave together.
 */
class Outlet extends ServerInterceptingCall {
  #untakenBytes = 0;
  #onRoom: (() => void) | undefined;

  override sendMessage(message: unknown, onSent: () => void): void {
    const size = sizeOf(message);
    this.#untakenBytes += size;
    super.sendMessage(message, () => {
      this.#untakenBytes -= size;
      if (this.#untakenBytes < UNTAKEN_BYTES_MAX) this.#tellRoom();
    });
    if (this.#untakenBytes < UNTAKEN_BYTES_MAX) onSent();
    else this.#onRoom = onSent;
  }

  #tellRoom(): void {
    const onRoom = this.#onRoom;
    this.#onRoom = undefined;
    onRoom?.();
  }
}

/** For the calls that answer with many messages and get none meanwhile. */
export const readsByPages: ServerInterceptor = ({ requestStream, responseStream }, call) =>
  responseStream && !requestStream ? new Outlet(call) : new ServerInterceptingCall(call);
