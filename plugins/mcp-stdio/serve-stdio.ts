import { StringDecoder } from 'node:string_decoder';
import { fault } from '#kernel';
import type { McpEndpoint } from '#plugins/mcp-endpoint/api';

export interface StdioConfig {
  readonly mount: string;
  readonly lineBytes: number;
}

/** One message a line in both directions, until the client closes our input. Everything else that we say is on stderr. */
export function serveStdio(endpoint: McpEndpoint, config: StdioConfig, signal: AbortSignal): Promise<number> {
  const { stdin, stdout } = process;
  return new Promise((resolve, reject) => {
    const client = endpoint.connect(config.mount, (text) => stdout.write(`${text}\n`));
    const decoder = new StringDecoder('utf8');
    let partial = '';
    const onData = (chunk: Buffer) => {
      const lines = (partial + decoder.write(chunk)).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') client.receive(line);
      if (partial.length > config.lineBytes) end(tooLong(config.lineBytes));
    };
    const onEnd = () => end();
    const end = (error?: Error) => {
      stdin.off('data', onData).off('end', onEnd);
      stdin.destroy();
      signal.removeEventListener('abort', onEnd);
      client.close();
      if (error === undefined) resolve(0);
      else reject(error);
    };
    stdin.on('data', onData).once('end', onEnd);
    stdout.once('error', onEnd); // the client is gone
    signal.addEventListener('abort', onEnd, { once: true });
  });
}

const tooLong = (bytes: number) =>
  fault('MESSAGE_TOO_LARGE', `a message is longer than ${bytes} bytes`, {
    kind: 'too_large',
    hint: 'raise lineBytes of mcp-stdio',
  });
