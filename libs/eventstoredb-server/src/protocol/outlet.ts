// What a read has given to the connection and the client has not accepted yet, in bytes.
import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

/** The limit of each call. One message may exceed it. */
const UNTAKEN_BYTES_MAX = 128 * 1_024;
/** The size that a message without an event counts as. */
const MARK_BYTES = 256;

export const sizeOf = (message: unknown): number => (Buffer.isBuffer(message) ? message.length : MARK_BYTES);

/**
 * gRPC sends the next message when the connection has taken the one before, with one write to the socket each. Here a
 * message counts as sent while there is room, so the messages of one page leave together.
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

/** For calls that send many answers and receive nothing meanwhile. */
export const readsByPages: ServerInterceptor = ({ requestStream, responseStream }, call) =>
  responseStream && !requestStream ? new Outlet(call) : new ServerInterceptingCall(call);
