import type { RunCall } from '../../api.ts';
import { isObject, type JsonObject, textOf } from './members.ts';
import { present } from './present.ts';
import { exportedAs } from './record-labels.ts';
import { toolOf } from './tool-name.ts';

type Called = Pick<RunCall, 'tool' | 'args' | 'lookup'>;

/** Reads calls of a record: of an export of this project, as calls of the tools that its functions stand for. */
export function callReader(record: JsonObject): (name: string, args: JsonObject) => Called {
  const { metadata } = record;
  const tools =
    exportedAs(record) !== undefined && isObject(metadata) && isObject(metadata.tools) ? metadata.tools : {};
  return (called, args) => {
    const known = Object.hasOwn(tools, called) ? tools[called] : undefined;
    if (!isObject(known)) return { tool: toolOf(called), args };
    const via = textOf(known.via);
    const command = via === 'shell' ? /\S+/.exec(textOf(args.command) ?? called)?.[0] : undefined;
    const tool = present({ server: textOf(known.server), name: command ?? textOf(known.name) ?? called, via });
    return present({ tool, args, lookup: known.lookup === true ? true : undefined });
  };
}
