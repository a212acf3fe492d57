export class TooLong extends Error {}

/**
 * A fetch whose answers end with an error once they are too long, and that follows nobody to another address. `alive` is
 * told of each piece that comes, also of what the packages keep for themselves, such as pings.
 */
export const boundedFetch =
  (maxBytes: number, alive: () => void = () => {}): typeof fetch =>
  async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'error' });
    alive();
    if (response.body === null) return response;
    const { status, statusText, headers } = response;
    // A stream of events is passed on as it comes; an answer that comes as one is read as one, which costs far less.
    if (!headers.get('content-type')?.includes('event-stream')) {
      const whole = await readWhole(response.body, maxBytes, alive);
      return new Response(whole, { status, statusText, headers });
    }
    let bytes = 0;
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        alive();
        bytes += chunk.byteLength;
        if (bytes > maxBytes) controller.error(tooLong(maxBytes));
        else controller.enqueue(chunk);
      },
    });
    return new Response(response.body.pipeThrough(counted), { status, statusText, headers });
  };

async function readWhole(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  alive: () => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    alive();
    bytes += piece.byteLength;
    if (bytes > maxBytes) throw tooLong(maxBytes);
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

export const tooLong = (maxBytes: number) => new TooLong(`the answer has more than ${maxBytes} bytes`);
