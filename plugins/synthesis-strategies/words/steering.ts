/**
 * How a text tells a reader of the record what to make of it: the usual words of injected instructions, in English and
 * Chinese, and the names of the fields that a model fills in here. Nothing in a run has to speak of those.
 */
const FIELD =
  '(?:task[ _-]?type|key[ _-]?features?|success[ _-]?criteria|expected[ _-]?tools?|max[ _-]?steps|complexity|essence[ _-]?id|任务类型|领域|复杂度|关键特征)';

/** Sources of patterns, by where they may begin. */
export interface Patterns {
  /** At the edge of a word. */
  readonly word: readonly string[];
  readonly chinese: readonly string[];
  readonly other: readonly string[];
}

/** Names that only a schema has: in a text that people wrote they are out of place. */
export const NARROW: Patterns = {
  word: [
    String.raw`(?:ignore|disregard|forget|override|bypass)\b[^.!?\n]{0,30}\b(?:above|previous|prior|preceding|earlier|system|your)\b[^.!?\n]{0,20}\b(?:instructions?|prompts?|directions?|guidelines?|messages?|rules?)\b`,
    String.raw`(?:ignore|disregard|forget)\b[^.!?\n]{0,20}\b(?:all (?:instructions?|prompts?)|everything (?:above|before)|the above)\b`,
    String.raw`(?:task_type|key_features|success_criteria|expected_tools|max_steps|essence_id)["'\x60*]*\s*(?:[:=：]|\bis\b|\bto\b|\bas\b|为|是|设|改)`,
  ],
  chinese: [
    String.raw`(?:忽略|无视|忘记|忘掉|不要理会)[^。！？\n]{0,8}(?:以上|上面|上述|之前|前面|所有|一切)[^。！？\n]{0,8}(?:指令|指示|提示词?|内容|要求|规则)`,
  ],
  other: [String.raw`<\|im_(?:start|end)\|>|\[/?INST\]|<</?SYS>>`],
};

export const STRONG: Patterns = {
  word: [
    ...NARROW.word,
    String.raw`(?:ignore|disregard|forget|override|overrule|bypass|skip)\b[^.!?\n]{0,40}\b(?:above|previous|prior|preceding|earlier|foregoing|former|all|any|other|your|these|those|the)\b[^.!?\n]{0,30}\b(?:instructions?|prompts?|rules?|directions?|guidelines?|messages?|context|text|content|data|everything|above|commands?|constraints?|schema|policy|policies)\b`,
    String.raw`(?:ignore|disregard|forget)\b[^.!?\n]{0,20}\b(?:everything|all (?:of )?(?:that|this|the)|the above|what (?:you|came|was))\b`,
    String.raw`(?:set|output|write|print|return|change|mark|label|classify|use|make|put|answer|report|fill|give|emit|call)\b[^.!?\n]{0,40}["'\x60]?${FIELD}`,
    String.raw`domain\s*[:=：]|(?:set|change|make|mark)\b[^.!?\n]{0,20}\bdomain\b`,
    String.raw`(?:new|updated|real|actual|hidden|secret|system|developer|admin(?:istrator)?) (?:instructions?|prompt|directive|task|message|override)\s*[:：-]`,
    String.raw`you are (?:now|no longer|actually|really)\b|from now on\b|act as\b|pretend (?:to be|that|you)\b|jailbreak\b|developer mode\b`,
    String.raw`end of (?:the )?(?:data|record|run|input|context|document|trajectory|transcript|log)\b`,
    String.raw`(?:note|message|attention|instructions?|important|warning|notice|hint|reminder)\b[^.!?\n]{0,20}\b(?:to|for) (?:the |any |all )?(?:ai|llm|model|assistant|annotator|labell?er|summari[sz]er|reader|reviewer|evaluator|judge|grader|language model|synthesi[sz]er)s?\b`,
    String.raw`(?:as|dear|hey|attention)\b[ ,]*(?:an? |the )?(?:ai|llm|language model|annotator|summari[sz]er|synthesi[sz]er)\b`,
  ],
  chinese: [
    ...NARROW.chinese,
    String.raw`(?:忽略|无视|忘记|忘掉|不要理会|不用管|抛开|跳过)[^。！？\n]{0,20}(?:指令|指示|提示|内容|要求|规则|以上|上面|上述|之前|前面|所有|一切)`,
    String.raw`(?:新的?|真正的?|隐藏的?|系统)(?:指令|指示|提示词?|任务|消息)\s*[:：]|系统(?:提示|消息|指令)|你现在是|从现在(?:开始|起)|请?(?:扮演|假装)`,
    String.raw`(?:输出|填写?|设置?|改|标记|标注|写|返回|回答|归类|分类)[^。！？\n]{0,12}(?:任务类型|领域|复杂度|描述|关键特征|task_type|domain|字段)`,
  ],
  other: [
    ...NARROW.other,
    String.raw`${FIELD}["'\x60*]*\s*(?:[:=：]|->|=>|\bis\b|\bto\b|\bas\b|\bmust\b|\bshould\b|\bwill\b|\bshall\b|为|是|设|改|成)`,
    String.raw`["'\x60](?:domain|description|complexity|tools|task_type)["'\x60]\s*[:=：]`,
    String.raw`(?:^|[\s\n>])(?:system|assistant|developer|instruction|\[?INST\]?|<\|im_start\|>)\s*[:：]\s*(?=\S)`,
    String.raw`<\|[a-z_]+\|>|</?(?:system|instructions?|record|run|data|prompt|user|assistant)[^>\n]{0,40}>|-{3,}\s*(?:end|begin|start)\b`,
  ],
};

/** In what tools answered, requests to the reader are suspicious too. */
export const WEAK: Patterns = {
  word: [
    String.raw`(?:respond|reply|answer|output|comply) (?:only |exclusively |strictly |exactly |instead )*(?:with|by|in|as|the following|exactly)\b`,
    String.raw`(?:you|your|the (?:ai|model|assistant|llm|agent|reader)) (?:must|should|shall|have to|are (?:required|instructed|ordered|asked|told)|need to)\b`,
    String.raw`(?:instructions?|prompt|jailbreak)\b`,
  ],
  chinese: [
    String.raw`^(?:请|务必|必须|现在|立刻|马上|只|直接|改为|你(?:必须|应该|要|需要))[^。！？\n]{0,6}(?:输出|回答|回复|返回|写|说|忽略|执行|填|设|将|把|按)|指令|提示词|(?:输出|回答|回复)[:：]`,
  ],
  other: [
    String.raw`^(?:please |now |instead,? |then |also |you (?:must|should|have to|need to|shall|will|are to) |always |never |do not |don't |only |just )*(?:output|answer|respond|reply|print|say|return|write|state|repeat|emit|describe|classify|label|mark|report|summari[sz]e|translate|pretend|obey|follow|execute|comply|conclude|declare|claim|call|choose|use|set|replace|insert|include|add|mention|treat|consider|assume|remember|stop|begin|start|end)\b`,
  ],
};

/** Structure that only a prompt has: marks, roles, tokens of chat formats, our own headings. What pretends it is dropped as a whole. */
export const FORGED =
  /<\s*\/?\s*(?:run|record|data|system|instructions?|prompt|user|assistant)\b[^>\n]{0,60}>|<\|[a-z_]+\|>|\[\/?INST\]|<<\/?SYS>>|(?:^|\n)\s*(?:system|assistant|developer|request|user turn \d+|outcome)\s*[:：]/i;
