import { basename } from 'node:path';
import type { ReadEvent, ReadOptions } from './api.ts';
import type { FormatsConfig } from './config.ts';
import { openSource } from './containers/byte-source.ts';
import { describeText } from './containers/describe-content.ts';
import { couldBeJson, type LayoutJudge, layoutOf } from './containers/layout.ts';
import { LineCutter } from './containers/line-cutter.ts';
import { positionOf, type Reached, startFrom } from './containers/position.ts';
import type { RecordCutter } from './containers/raw-record.ts';
import { type ListJudge, ValueCutter } from './containers/value-cutter.ts';
import { Window } from './containers/window.ts';
import { FileIntake } from './file-intake.ts';
import type { Format, SessionFormat } from './format.ts';
import { licenseBeside } from './license-beside.ts';
import { parsedRecords } from './parsed-records.ts';
import { formatOf } from './read-record.ts';

const HEAD = 4096;
const START: Reached = {
  offset: 0,
  index: 0,
  layout: 'lines',
  inside: false,
  waiting: 0,
  accepted: false,
  session: false,
};

export interface ReadSettings extends ReadOptions {
  readonly config: FormatsConfig;
  readonly formats: readonly Format[];
  readonly sessions: readonly SessionFormat[];
}

/** See `TrajectoryFormats.read`. */
export async function* readFile(file: string, settings: ReadSettings): AsyncGenerator<ReadEvent> {
  const start = await startFrom(file, settings.from);
  if (start.from === 'nothing-new') {
    yield { type: 'end', position: start.position, waiting: start.waiting };
    return;
  }
  const told = yield* pass(file, settings, start.from === 'position' ? start.reached : START);
  if (!told) yield* pass(file, settings, { ...START, accepted: true });
}

/** False, before it has told anything: read again, now that it is known that the file counts. */
async function* pass(file: string, settings: ReadSettings, from: Reached): AsyncGenerator<ReadEvent, boolean> {
  const source = await openSource(file, from.offset, settings.config.maxUnpackedBytes);
  try {
    const window = new Window(source, from.offset);
    const found = from.offset > 0 ? from : await layoutOf(window, layoutJudge(settings));
    const end = async (reached: Reached): Promise<ReadEvent> => ({
      type: 'end',
      position: await positionOf(file, source.stats, source.packed, reached),
      waiting: reached.waiting,
    });
    if ('refused' in found) {
      yield refused(found.refused);
      yield await end(START);
      return true;
    }
    const head = Buffer.from(window.bytes.subarray(0, HEAD));
    const cutter = cutterOf(window, found.layout, from.inside, settings);
    const intake = new FileIntake(
      {
        file,
        name: basename(file).replace(/\.gz$/i, ''),
        sessions: settings.sessions,
        maxDepth: settings.config.maxDepth,
        maxSessionBytes: settings.config.maxRecordBytes,
        license: await licenseBeside(file),
        known: settings.known,
      },
      from.accepted,
    );
    let { index } = from;
    const records = parsedRecords(cutter, {
      file,
      index,
      maxDepth: settings.config.maxDepth,
      formats: settings.formats,
      known: settings.known,
      signal: settings.signal,
    });
    for await (const record of records) {
      index = record.place.index + 1;
      const events = intake.take(record);
      if (events === undefined) return false;
      for (const event of events) yield event;
    }
    const why = reasonToRefuse(intake, head, cutter.waiting);
    if (why !== undefined) {
      yield refused(why);
      yield await end(START);
      return true;
    }
    const accepted = intake.accepted || intake.holdsBack;
    yield* intake.release();
    let silent = false;
    for (const event of intake.endSession(cutter.offset)) {
      silent ||= event.type === 'refused';
      yield event;
    }
    if (silent) {
      yield await end(START);
      return true;
    }
    const { offset, inside, waiting } = cutter;
    const { layout } = found;
    yield await end({ offset, index, layout, inside, waiting, accepted, session: intake.isSession });
    return true;
  } finally {
    await source.close();
  }
}

const refused = (reason: string): ReadEvent => ({ type: 'refused', code: 'FORMAT_UNKNOWN', reason });

function cutterOf(window: Window, layout: Reached['layout'], inside: boolean, settings: ReadSettings): RecordCutter {
  if (layout === 'lines') return new LineCutter(window, settings.config);
  return new ValueCutter(window, settings.config, listJudge(settings), inside);
}

const layoutJudge = (settings: ReadSettings): LayoutJudge => ({
  describe: describeText,
  holdsRecords: (firstElement) => holdsRecords(firstElement, settings),
});

const listJudge = (settings: ReadSettings): ListJudge => ({
  holdsRecords: (firstElement) => holdsRecords(parsed(firstElement), settings),
  isRecord: (bytes) => formatOf(parsed(bytes), settings.formats) !== undefined,
});

/** A list is one run where no format knows its first element alone, but a list of it. */
const holdsRecords = (firstElement: unknown, { formats, sessions }: ReadSettings): boolean =>
  formatOf(firstElement, formats) !== undefined ||
  sessions.some((session) => session.recognisesLine(firstElement)) ||
  formatOf([firstElement], formats) === undefined;

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Why a file that was read to its end holds no trajectories; undefined where it does, or may when it has grown. */
function reasonToRefuse(intake: FileIntake, head: Buffer, waiting: number): string | undefined {
  if (intake.accepted) return undefined;
  if (!couldBeJson(head)) return describeText(head);
  if (intake.unknown !== undefined) return `no format knows it: ${intake.unknown}`;
  return intake.holdsBack || waiting > 0 ? undefined : 'it holds an empty list';
}
