import { type Fault, fault, isFault, type Main, reason } from '#kernel';
import { parseCommand, USAGE } from './command-line.ts';
import type { ApprovalCliConfig } from './config.ts';
import { ApprovalServer, type ShownApproval } from './server.ts';

export interface Output {
  out(text: string): unknown;
  err(text: string): unknown;
}
const SHORT_ID = 8;

/** `list`, `show`, `approve` and `deny`: answers on standard output, everything else on standard error. */
export class ApprovalCommand implements Main {
  readonly #config: ApprovalCliConfig;
  readonly #to: Output;

  constructor(config: ApprovalCliConfig, to: Output) {
    this.#config = config;
    this.#to = to;
  }

  async run(argv: readonly string[], signal: AbortSignal): Promise<number> {
    try {
      this.#to.out(printable(await this.#answer(argv, new ApprovalServer(this.#config, signal))));
      return 0;
    } catch (error) {
      return signal.aborted ? 130 : this.#refuse(error);
    }
  }

  async #answer(argv: readonly string[], server: ApprovalServer): Promise<string> {
    const command = parseCommand(argv);
    if (command.name === 'help') return USAGE;
    if (command.name === 'list') {
      const found = await server.list(command.state);
      if (found.length > 0) return found.map(line).join('');
      return command.state === 'open' ? 'nothing waits for a decision\n' : 'there is none\n';
    }
    if (command.name === 'show')
      return `${JSON.stringify(await server.get(await whole(command.id, server)), null, 2)}\n`;
    const id = await whole(command.id, server);
    return line(await server.decide(id, command.name, command.comment));
  }

  #refuse(error: unknown): number {
    if (!isFault(error)) {
      this.#to.err(printable(`${reason(error)}\n`));
      return 1;
    }
    const also = error.alternatives.length > 0 ? `there is: ${error.alternatives.join(', ')}\n` : '';
    const hint = error.hint === undefined ? '' : `hint: ${error.hint}\n`;
    this.#to.err(printable(`${error.code}: ${error.message}\n${also}${hint}`));
    return exitCode(error);
  }
}

/** The id that begins so; what none begins with is asked for as it is. */
async function whole(id: string, server: ApprovalServer): Promise<string> {
  const ids = (await server.list('open')).map((each) => each.approval_id).filter((each) => each.startsWith(id));
  if (ids.length < 2 || ids.includes(id)) return ids.length === 1 ? ids[0]! : id;
  throw fault('APPROVAL_AMBIGUOUS', `${ids.length} approvals begin with "${id}"`, {
    kind: 'not_found',
    alternatives: ids,
  });
}

const line = ({ approval_id, kind, subject, state, principal, reason: why, rule, expires_at }: ShownApproval): string =>
  `${approval_id.slice(0, SHORT_ID)}  ${state}  ${kind}  ${subject}  for ${principal}, rule "${rule}": ${why}${state === 'open' ? ` (until ${expires_at})` : ''}\n`;

/** What strangers wrote must not steer the terminal. */
const printable = (text: string): string => text.replace(/[^\P{C}\n]/gu, ' ');

function exitCode({ kind, code }: Fault): number {
  if (code === 'CLI_USAGE') return 2;
  if (kind === 'not_found') return 3;
  return kind === 'unavailable' || kind === 'timeout' ? 4 : 1;
}
