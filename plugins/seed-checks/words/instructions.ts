const FIELD = '(?:task_type|key_features|success_criteria|expected_tools|max_steps|essence_id|任务类型|关键特征)';

/** Instructions that take a task over: they do not belong into one, whoever said them first. */
export const TAKES_OVER: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override|bypass)\b[^.!?\n]{0,30}\b(?:(?:above|previous|prior|preceding|earlier|system|your)\b[^.!?\n]{0,20}\b(?:instructions?|prompts?|directions?|guidelines?|rules)|all (?:of )?(?:the |these |those )?(?:instructions|prompts))\b/i,
  /\b(?:ignore|disregard|forget) (?:(?:all|everything|what)\b[^.!?\n]{0,12} )?(?:the )?(?:above|before|previous|preceding)\b/i,
  /\b(?:forget|disregard|ignore) (?:what|everything|all (?:that )?)\b[^.!?\n]{0,12}\b(?:told|said|instructed|learned|know)\b/i,
  /(?:忽略|无视|忘记|忘掉|不要理会|不用管|抛开|跳过)[^。！？\n]{0,8}(?:以上|上面|上述|之前|前面|先前|所有|一切)[^。！？\n]{0,8}(?:指令|指示|提示词?|内容|要求|规则|对话)/,
  /\byou are (?:now|no longer) (?:an? |the |in )?[\w-]*(?:bot|gpt|dan|ai|assistant|model|mode|jailbroken|unrestricted|free)\b|\bjailbreak mode\b|\bdo anything now\b/i,
  /你现在是[^。\n]{0,12}(?:机器人|助手|模型|Bot)/i,
];

/** Instructions that look like those of a prompt, and models that speak of their work. The user's own words may well be so. */
export const SPEAKS_OF_ITSELF: readonly RegExp[] = [
  /<\|[a-z_]+\|>|\[\/?INST\]|<<\/?SYS>>|<\/?(?:system|assistant|run-[0-9a-f]+)>/i,
  /(?:^|\n)\s*(?:system|assistant|developer|系统)\s*[:：]\s*\S/i,
  /\b(?:system|developer|hidden|secret|new|real|updated) (?:prompt|instructions?|directive|override)\s*[:：]|系统提示词?\s*[:：]|新(?:的)?(?:指令|指示)\s*[:：]/i,
  /\b(?:reveal|print|show|repeat|output|leak|dump|tell (?:me|us)) (?:me |us )?(?:your|the|its) (?:(?:full|entire|hidden|secret|initial|original) )?(?:system|developer) prompt\b/i,
  new RegExp(String.raw`${FIELD}["'\x60*]*\s*(?:[:=：]|->|=>|应?(?:为|设为|填写?|改为))`, 'i'),
  /\b(?:set|output|write|print|return|change|mark|label|classify|make|put|fill|give|emit|with)\b[^.!?\n]{0,30}["'\x60]?\b(?:task_type|key_features|success_criteria|expected_tools|max_steps|task type|key features)\b/i,
  /\b(?:note|message|instructions?|attention|notice)\b[^.!?\n]{0,12}\b(?:to|for) (?:the |any )?(?:ai|llm|language model|annotator|labell?er|summari[sz]er|evaluator|grader|judge)\b/i,
  /(?:给|致)[^。\n]{0,6}(?:摘要|标注|评审|评估)?(?:模型|AI|助手)的?(?:说明|指令|提示)/i,
  /\bfrom now on,? (?:you\b|(?:only |always |never )?(?:respond|reply|answer|output|say|write)\b)|从现在(?:开始|起)[，,]?(?:你|请|只)/i,
  /\bthe (?:description|domain|complexity|task type|key features) (?:must|should|shall|has to) (?:be|say|read|contain) (?:exactly )?["'“]/i,
  /-{3,}\s*(?:end|begin) of (?:data|record|run|input|context|prompt)/i,
  /\b(?:as|i am|i'm) (?:just )?an? (?:ai|artificial intelligence|(?:large )?language model|llm)\b|作为(?:一个|一名)?(?:AI|人工智能|(?:大型?)?语言模型)/i,
  /(?:^|[.!?\n]\s*)(?:i'm sorry|i am sorry|sorry|i apologi[sz]e|unfortunately)\b[^.!?\n]{0,20}\b(?:can't|cannot|can not|unable|won't|not able)\b|\bi (?:cannot|can't|can not|won't|am unable to|am not able to|'m unable to|must decline to) (?:assist|help|comply|fulfil|generate|create|provide|produce|write|make) (?:\w+ )?(?:with |you |that|this|a task|a seed|such)/i,
  /(?:抱歉|对不起)[，,]?\s*(?:但)?我(?:无法|不能|没办法)|我(?:无法|不能)(?:协助|帮助|满足|提供|生成)(?:您|你|该|这|此)/,
  /\b(?:the|this|that|given|provided|original|recorded|above) trajectory (?:shows?|above|below|record|describes?|contains?|was|failed|succeeded|ends?|begins?|of the (?:agent|run))\b|\b(?:in|from|of|based on|according to|as per) (?:the|this|that) (?:(?:given|provided|original|recorded|above) )?trajectory\b|(?:该|此|上述|给定的?)轨迹/i,
  /(?:^|[.!?\n]\s*)(?:here|in this (?:task|run|conversation)|in (?:the|this) (?:dialogue|transcript),?)? ?the user (?:said|asked|asks|wants|wanted|requested|mentioned|told|would like|is asking|has asked)\b|(?:^|[。！？\n])\s*用户(?:说|想要?|希望|要求|提到|表示|问)/i,
  /(?:^|[.!?\n]\s*)(?:sure|certainly|of course|absolutely|okay)[,!.:]? (?:here(?:'s| is| are)|i(?:'ll| will| have|'ve))\b|\bhere(?:'s| is) (?:the|a|your) (?:new |seed |generated |rewritten |harder |improved )+(?:task|seed|json|version)\b|(?:^|\n)\s*(?:以下|下面)是(?:一个)?(?:新的?|生成的|改写后的)(?:任务|种子)/i,
  /\b(?:respond|reply|answer|output|return) (?:only |exclusively |strictly |just |nothing but )*(?:with |in |as |using )?(?:(?:a |an |the )?(?:valid|raw|strict|single|following) )?json\b(?: (?:object|array|format))?(?: (?:only|with (?:the )?(?:following )?(?:keys|fields|schema)|and nothing else|matching|that matches)|[.:!]|\s*$)|(?:只|仅)(?:输出|返回|回复)\s*json|输出\s*json\s*(?:格式|对象|[:：])/i,
  /\b(?:seed task|task essence|your (?:output|response) (?:must|should) (?:be|match|follow))\b|种子任务|任务精华/i,
  /\bsystem prompt\b|系统提示词/i,
];
