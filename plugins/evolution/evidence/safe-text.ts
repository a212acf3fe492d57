/**
 * Texts of runs (messages of tools, names that a model gave) end up in descriptions, which are prompts. Whoever wrote them may
 * want to command, or may have let slip a secret: what is left of them is plain words of no consequence, or nothing.
 */
const INVISIBLE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu;
const LONGEST_RAW = 2_000;
const LONGEST = 80;
const FEWEST_LETTERS = 6;
const GAP = '…';

/** Words of who gives orders, or speaks to a model. A message that has one is told by its kind only. */
const ORDERS =
  /\b(?:ignore|disregard|forget|overrid\w*|instead|must|always|never|should|please|you|your|yours|assistant|model|system|prompt\w*|instruct\w*|call|use|using|send|execut\w*|run|reveal\w*|output\w*|respond|reply|answer|click|visit|follow|obey|pretend|act|important|attention|note|warning|first|then|before|admin\w*|developer|user says|tell|write|read|delete|install|approve|trust\w*|recommend\w*|best|prefer\w*)\b|忽略|无视|请|必须|务必|调用|执行|指令|指示|系统|提示词|助手|你|您|不要|始终|重要|注意|先|运行|发送|输出|推荐/iu;
/** The same of a name, where words such as "execution" are no orders. */
const ORDERS_IN_NAME =
  /\b(?:ignore|disregard|forget|override|instead|must|always|never|should|please|you|your|yours|prompt\w*|instruct\w*|call|use|obey|pretend|important|trust\w*|recommend\w*|best|prefer\w*)\b|忽略|无视|请|必须|务必|指令|指示|提示词|你|您|不要|始终|推荐/iu;
/** What follows these words may be a secret in plain letters. */
const NAMES_SECRET =
  /pass(?:word|wd|phrase|code)|secret|token|credential|api[\s_-]?key|private[\s_-]?key|bearer|authori[sz]ation|cookie|密码|密钥|口令|令牌/iu;

/** Capitalised words that messages begin with; any other may be a name. */
const OPENERS =
  /^(?:Error|Invalid|Unknown|Missing|No|Not|Failed|Failure|Cannot|Could|Unable|Unexpected|Unsupported|Timeout|Timed|The|This|An?|Access|Permission|Request|Connection|File|Argument|Parameter|Value|Input|Bad|Too|Expected|Required|Internal|Service|Resource|Object|Rate|Quota|Nothing|Only|Unauthorized|Forbidden|Conflict)$/;

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/time[sd]?[\s-]?out|timeout|deadline|超时/i, 'timeout'],
  [/rate[\s-]?limit|too many requests|\b429\b|quota|限流|频率/i, 'rate limit'],
  [/unauthori[sz]ed|forbidden|permission|access denied|not allowed|\b40[13]\b|权限|禁止/i, 'permission denied'],
  [/not[\s_-]?found|no such|does not exist|unknown|\b404\b|enoent|不存在|未找到|找不到/i, 'not found'],
  [/required|missing|缺少|必填/i, 'missing argument'],
  [/invalid|validation|malformed|expected|type ?error|out of range|\b4(?:00|22)\b|无效|非法|格式/i, 'invalid argument'],
  [/unavailable|econnre|refused|connection|network|\b50[0234]\b|连接|不可用/i, 'unavailable'],
  [/already|exists|conflict|\b409\b|已存在|冲突/i, 'conflict'],
];

/**
 * What kind of error it is, in words that hold for many: ids, numbers, names, paths and quoted texts are taken out.
 * `known`: names of the tool's parameters, which may stay.
 */
export function errorText(raw: string, known: ReadonlySet<string>): string {
  const told = messageIn(raw.slice(0, LONGEST_RAW)).normalize('NFKC').replace(INVISIBLE, '');
  const kind = KINDS.find(([shape]) => shape.test(told))?.[1] ?? 'error';
  if (ORDERS.test(told) || NAMES_SECRET.test(told)) return kind;
  const line = told.split('\n').find((each) => each.trim() !== '') ?? '';
  const plain = line
    .replace(/https?:\S+|\S+@\S+|\S*[/\\]\S*/g, GAP)
    .replace(/(["'`“‘「]).*?(["'`”’」])/g, (all) => (known.has(all.slice(1, -1)) ? all.slice(1, -1) : GAP))
    .split(/\s+/)
    .map((word, at) => plainWord(word, at === 0, known))
    .join(' ')
    .replace(/(?:…[\s,;:]*){2,}/g, `${GAP} `)
    .trim();
  const short = [...plain].slice(0, LONGEST).join('').trim();
  return (short.match(/\p{L}/gu) ?? []).length < FEWEST_LETTERS ? kind : short;
}

/** A name inside a sentence, and whatever is no plain word, may be somebody's. */
function plainWord(word: string, isFirst: boolean, known: ReadonlySet<string>): string {
  const [, core = '', tail = ''] = /^[^\p{L}\p{N}…]*(.*?)([.,:;!?]?)[^\p{L}\p{N}…]*$/su.exec(word) ?? [];
  if (core === '' || core === GAP) return core === '' ? '' : `${GAP}${tail}`;
  if (known.has(core)) return core + tail;
  // In scripts without capitals a name looks like any other word.
  if (/^\p{Ll}{1,20}$/u.test(core) || (isFirst && OPENERS.test(core))) return core + tail;
  if (/^(?:[A-Z]\w*)?(?:Error|Exception|Timeout)$/.test(core)) return core + tail;
  return `${GAP}${tail}`;
}

/** The message within a JSON text, where it is one. */
function messageIn(text: string): string {
  if (!/^\s*\{/.test(text)) return text;
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    const nested =
      typeof value.error === 'object' && value.error !== null
        ? (value.error as { message?: unknown }).message
        : value.error;
    const found = [value.message, nested, value.detail, value.reason].find((each) => typeof each === 'string');
    return typeof found === 'string' ? found : text;
  } catch {
    return text;
  }
}

/** The name of a scenario as it may stand in a description, or nothing where it is no mere name. */
export function safeName(raw: string): string | undefined {
  const name = raw.normalize('NFKC').replaceAll('_', ' ').trim();
  const isName = /^[\p{L}\p{N}][\p{L}\p{N} .&+-]{0,39}$/u.test(name) && name.split(/\s+/).length <= 5;
  const isSecret = /[\p{L}\p{N}-]{24,}/u.test(name) || /(?=\S*\d)(?=\S*[a-z])(?=\S*[A-Z])\S{12,}/.test(name);
  return isName && !isSecret && !ORDERS_IN_NAME.test(name) && !NAMES_SECRET.test(name) ? name : undefined;
}
