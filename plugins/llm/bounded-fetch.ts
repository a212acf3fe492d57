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
    let bytes = 0;
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        alive();
        bytes += chunk.byteLength;
        if (bytes > maxBytes) controller.error(new TooLong(`the answer has more than ${maxBytes} bytes`));
        else controller.enqueue(chunk);
      },
    });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(counted), { status, statusText, headers });
  };
