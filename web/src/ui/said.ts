/** Sentences the platform says in English, in the reader's language: of its parts, of events that were put aside, of what a proof
 * has found. One that is not known here is shown as it came; a test reads the server's source for those that are missing. */
import type { Lang } from "../util/i18n";

type Known = [sentence: RegExp, korean: string | ((...found: string[]) => string)];

const MODES: Record<string, string> = { full: "전체", incremental: "증분" };

/** Of the platform's parts. */
const HEALTH: Known[] = [
  [/^version (\S+), since (\S+); wants requests$/, "버전 $1, $2부터 · 요청을 받아요"],
  [/^version (\S+), since (\S+); is stopping$/, "버전 $1, $2부터 · 멈추는 중이에요"],
  [/^version (\S+), since (\S+); is not ready$/, "버전 $1, $2부터 · 아직 준비가 안 됐어요"],
  [/^this process answered$/, "이 프로세스가 답했어요"],
  [/^lanes read: (\d+)$/, "레인 $1개를 읽었어요"],
  [
    /^read lanes, positions and outstanding attempts in one snapshot$/,
    "레인, 위치, 남은 시도를 한 시점에서 읽었어요",
  ],
  [/^the store could not be read$/, "저장소를 읽지 못했어요"],
  [/^none is open$/, "열린 것이 없어요"],
  [/^open: (\d+)$/, "$1건이 열려 있어요"],
  [/^counted them$/, "세어 봤어요"],
  [/^no call waits longer than that$/, "10초 넘게 기다리는 요청이 없어요"],
  [/^calls that wait longer than that: (\d+)$/, "요청 $1건이 10초 넘게 기다려요"],
  [
    /^looked for calls outstanding for more than 10 s; it was not called$/,
    "10초 넘게 답이 없는 요청을 찾아봤어요. 직접 부르지는 않았어요",
  ],
  [/^compared its positions with the lanes$/, "읽은 자리와 레인의 끝을 견줬어요"],
  [/^nothing waits$/, "기다리는 것이 없어요"],
  [
    /^events waiting: (\d+), the oldest for (\d+) ms$/,
    "이벤트 $1건이 기다려요. 가장 오래된 것은 $2 ms 됐어요",
  ],
  [/^events waiting: (\d+), the oldest for (\d+) s$/, "이벤트 $1건이 기다려요. 가장 오래된 것은 $2초 됐어요"],
  [/^answered$/, "답했어요"],
  [/^was not asked$/, "묻지 않았어요"],
  [
    /^(.*); limits let every call pass$/,
    (_, why = "") => `${inKorean(why)} · 한도를 확인하지 못해 모두 통과시켜요`,
  ],
  [/^read a limit that nobody uses$/, "아무도 쓰지 않는 한도를 읽었어요"],
  [/^no proof has been run by this process$/, "이 프로세스는 아직 증명을 돌리지 않았어요"],
  [
    /^the last (\w+) run found nothing wrong$/,
    (_, mode = "") => `최근 ${MODES[mode] ?? mode} 검사에서 틀린 것이 없었어요`,
  ],
  [/^do not hold: (.*)$/, "깨진 증명: $1"],
  [/^the last run of the ledger's proofs$/, "원장 증명의 최근 결과예요"],
];

/** Why something cannot be reached. */
const AWAY: Known[] = [
  [/^switched off in the Lab$/, "실험실에서 껐어요"],
  [/^not connected to redis$/, "Redis에 닿지 않아요"],
  [/^redis failed too often and is left alone for a moment$/, "Redis가 자주 실패해서 잠시 두고 있어요"],
  [/^the server has become a replica$/, "서버가 복제본이 됐어요"],
  [/^redis did not do as it was asked$/, "Redis가 부탁한 대로 하지 않았어요"],
  [/^redis answered something unexpected$/, "Redis가 뜻밖의 답을 했어요"],
  [/^copies are made faster than redis takes them$/, "사본이 Redis가 받는 것보다 빨리 생겨요"],
  [/^store is unavailable: (.*)$/, "저장소에 닿지 않아요 ($1)"],
  [/^statement was refused: (.*)$/, "저장소가 받지 않았어요 ($1)"],
  [/^outcome of the commit is unknown$/, "커밋했는지 알 수 없어요"],
  [/^stored row is corrupt: (.*)$/, "저장된 줄이 깨졌어요 ($1)"],
  [/^fenced off: (.*)$/, "다른 프로세스가 먼저 맡았어요 ($1)"],
];

const KINDS: Record<string, string> = {
  "it is not JSON": "JSON이 아니에요",
  "it ends too early": "중간에 끝나요",
  "it cannot be read through": "끝까지 읽을 수 없어요",
  "a value is not what belongs there": "값이 그 자리에 올 것이 아니에요",
};

function unreadable(_: string, kind = "", line = "", column = ""): string {
  const missing = /^field `(.*)` is missing$/.exec(kind)?.[1];
  const said = missing ? `‘${missing}’ 필드가 없어요` : (KINDS[kind] ?? kind);
  return `이벤트를 읽을 수 없어요: ${said} (${line}행 ${column}열)`;
}

/** Why an event was put aside, or stays there. */
const PARKED: Known[] = [
  [
    /^the store refused the record, and what was first said about it$/,
    "저장소가 기록도, 그 까닭도 받지 않았어요",
  ],
  [
    /^(it is not JSON|it ends too early|it cannot be read through|a value is not what belongs there)$/,
    (_, kind = "") => KINDS[kind] ?? kind,
  ],
  [/^field `(.*)` is missing$/, "‘$1’ 필드가 없어요"],
  [/^envelope cannot be read: (.*) \(line (\d+), column (\d+)\)$/, unreadable],
  [/^envelope version (\d+) is not known$/, "모르는 이벤트 버전이에요: $1"],
  [/^there is no lane (\d+)$/, "그런 레인은 없어요: $1"],
  [/^topic `(.*)` is not known$/, "모르는 토픽이에요: $1"],
  [/^event names no place$/, "이벤트에 자리가 적혀 있지 않아요"],
  [/^the outbox holds no event (\S+)$/, "아웃박스에 이벤트 $1이(가) 없어요"],
  [
    /^the stored bytes of event (\S+) do not match their digest$/,
    "이벤트 $1의 저장된 내용이 그 SHA-256과 달라요",
  ],
  [/^the outbox holds another event at (\S+)$/, "아웃박스의 $1 자리에는 다른 이벤트가 있어요"],
  [/^envelope is not of the place and topic it stands at$/, "이벤트가 적힌 자리나 토픽이 실제와 달라요"],
  [/^event has no postings$/, "이벤트에 분개가 없어요"],
  [/^event has postings its topic does not carry$/, "이 토픽에는 없어야 할 분개가 있어요"],
  [/^posting amount is not positive$/, "분개 금액이 0보다 크지 않아요"],
  [/^posting mixes currencies$/, "분개에 통화가 섞여 있어요"],
  [/^posting debits and credits the same account$/, "차변과 대변이 같은 계정이에요"],
  [/^an event before it is missing$/, "그보다 앞선 이벤트가 없어요"],
  [/^its entry had been posted already$/, "분개가 이미 적혀 있었어요"],
];

/** What is wrong with an event. */
const OF_EVENT: Known[] = [
  [/^stands behind the end of its lane, (\d+)$/, "레인의 끝 $1보다 뒤에 있어요"],
  [/^its bytes do not have the stored SHA-256$/, "내용이 저장된 SHA-256과 달라요"],
  [/^the event of its topic before it is not at (\d+)$/, "같은 토픽의 앞선 이벤트가 $1에 없어요"],
  [/^its envelope cannot be read$/, "내용을 읽을 수 없어요"],
  [/^its columns are not what its envelope says$/, "열에 적힌 것과 내용이 달라요"],
  [/^stands before its place$/, "제자리보다 앞에 있어요"],
  [/^is not in the outbox$/, "아웃박스에 없어요"],
  [/^is not on the chain of payment (\d+)$/, "결제 $1의 이력에 이어져 있지 않아요"],
  [/^(\S+) was handled, and is neither posted nor parked$/, "$1 — 처리했다는데 기장도 격리도 되지 않았어요"],
  [/^(\S+) of payment (\d+) has no journal entry$/, "결제 $2의 $1 분개가 없어요"],
];

/** What is wrong with a journal entry. */
const OF_ENTRY: Known[] = [
  [/^stands behind the end of its lane$/, "레인의 끝보다 뒤에 있어요"],
  [/^is not of the event that stands at its place$/, "그 자리의 이벤트가 적은 것이 아니에요"],
  [/^its postings are not those of its event$/, "이벤트가 말한 분개와 달라요"],
  [
    /^(\S+) of payment (\d+) moves (\S+) and not (\S+)$/,
    "결제 $2의 $1에서 $4이(가) 아니라 $3이(가) 움직였어요",
  ],
  [/^has no event$/, "이벤트가 없어요"],
  [/^(\S+) carries no postings$/, "$1에는 분개가 없어야 해요"],
  [/^does not exist, though it has postings$/, "줄은 있는데 분개가 없어요"],
];

/** What may differ between a payment and what tells of it. */
export const ATTRIBUTES: Record<string, string> = {
  payment: "결제",
  merchant: "가맹점",
  order: "주문",
  currency: "통화",
  amount: "금액",
  status: "상태",
  end: "끝난 방식",
  version: "버전",
  "authorized amount": "승인 금액",
  "captured amount": "매입 금액",
  "refunded amount": "환불 금액",
  "decline code": "거절 코드",
  "capture deadline": "매입 기한",
  "capture mode": "매입 방식",
  "time of birth": "생긴 때",
  "time of change": "바뀐 때",
};

/** What is wrong with a stored answer. */
export const OF_ANSWER: Known[] = [
  [/^cannot be understood: (.*)$/, "알아볼 수 없어요 ($1)"],
  [/^names no payment$/, "어느 결제인지 적혀 있지 않아요"],
  [/^is about payment (\d+), which does not exist$/, "없는 결제 $1을(를) 말해요"],
  [/^is about payment (\d+), which is not this merchant's$/, "다른 가맹점의 결제 $1을(를) 말해요"],
  [
    /^waits for payment (\d+), which waits for no such thing$/,
    "결제 $1을(를) 기다린다는데, 그 결제는 그런 것을 기다리지 않아요",
  ],
  [/^its bytes are no answer of status (\d+)$/, "내용이 $1 상태의 답이 아니에요"],
  [
    /^tells another (.*) than payment (\d+) has$/,
    (_, what = "", id = "") => `결제 ${id}의 것과 다른 값을 말해요: ${ATTRIBUTES[what] ?? what}`,
  ],
];

/** What is wrong with a dead letter. */
export const OF_DEAD_LETTER: Known[] = [
  [/^was redriven, and event (\S+) has no journal entry$/, "다시 처리했다는데 이벤트 $1의 분개가 없어요"],
  [/^its bytes do not have the stored SHA-256$/, "내용이 저장된 SHA-256과 달라요"],
  [/^is filed under another payment than its bytes name$/, "내용이 말하는 것과 다른 결제에 걸려 있어요"],
  [/^is foreign, and is said to be redriven$/, "우리 이벤트가 아닌데 다시 처리했다고 적혀 있어요"],
  [/^is said to be redriven, and names no event$/, "다시 처리했다는데 어느 이벤트인지 적혀 있지 않아요"],
];

/** What is wrong with a payment. */
const OF_PAYMENT: Known[] = [
  [/^does not exist, though event (\S+) is its$/, "이벤트 $1이(가) 가리키는데 결제가 없어요"],
  [/^event (\S+) of its chain does not exist$/, "이력의 이벤트 $1이(가) 없어요"],
  [/^event (\S+) of its chain is not its own$/, "이력의 이벤트 $1은(는) 이 결제의 것이 아니에요"],
  [/^(\S+) adds up to (\S+), and (\S+) is stored$/, "$1 합은 $2인데 $3(으)로 저장돼 있어요"],
  [
    /^is stored as (\S+) and its events make it (\S+), or their amounts differ$/,
    "저장된 상태는 $1, 이벤트로는 $2이거나 금액이 달라요",
  ],
  [/^event (\S+) of the payment is missing$/, "$1번째 이벤트가 없어요"],
  [
    /^event (\S+) of the payment cannot follow what came before it$/,
    "$1번째 이벤트는 앞선 것에 이어질 수 없어요",
  ],
  [/^its row contradicts itself$/, "저장된 줄의 값들이 서로 어긋나요"],
  [/^its latest event is not (\S+)$/, "마지막 이벤트가 $1이(가) 아니에요"],
  [/^number out of range$/, "번호가 범위를 벗어났어요"],
  [
    /^is stored as (\S+)'s, and event (\S+) is not$/,
    "가맹점 $1의 결제로 저장돼 있는데 이벤트 $2은(는) 그렇지 않아요",
  ],
  [
    /^its (.*) is not what its events say; it is stored as (.*) and they make it (.*)$/,
    (_, what = "", stored = "", made = "") =>
      `${ATTRIBUTES[what] ?? what} — 이벤트와 달라요. 저장된 것은 ${stored}, 이벤트로는 ${made}`,
  ],
  [
    /^lane (\d+) has not given out its number yet; its counter of payments is (\d+)$/,
    "레인 $1이(가) 아직 내주지 않은 번호예요. 결제 번호 계수기는 $2이에요",
  ],
  [/^column (\S+) is not what the payment gives$/, "$1 열이 결제에서 나오는 값과 달라요"],
  [/^was born at (\S+), before payment (\d+) at (\S+)$/, "$1에 생겼다는데, 앞선 결제 $2은(는) $3에 생겼어요"],
];

/** What a proof has found; each names its row first. */
const FOUND: Known[] = [
  [
    /^events (\S+) and the (\d+) after it: are not in the outbox$/,
    "이벤트 $1과(와) 그 뒤 $2건: 아웃박스에 없어요",
  ],
  [/^event (\S+): (.*)$/, (_, id, what = "") => `이벤트 ${id}: ${among(OF_EVENT, what)}`],
  [/^journal entry (\S+): (.*)$/, (_, id, what = "") => `분개 ${id}: ${among(OF_ENTRY, what)}`],
  [
    /^payment(?: (\d+))?: (.*)$/,
    (_, id, what = "") => `결제${id ? ` ${id}` : ""}: ${among(OF_PAYMENT, what)}`,
  ],
  [
    /^answer (\S+) of (\S+) to (\S+): (.*)$/,
    (_, id, merchant, operation, what = "") =>
      `저장된 답 ${id} (${merchant}, ${operation}): ${among(OF_ANSWER, what)}`,
  ],
  [/^answer (\S+): (.*)$/, (_, id, what = "") => `저장된 답 ${id}: ${among(OF_ANSWER, what)}`],
  [
    /^dead letter (\d+): (.*)$/,
    (_, id, what = "") => `처리 불가 이벤트 ${id}: ${among(OF_DEAD_LETTER, what)}`,
  ],
  [
    /^worker position of lane (\d+), (\S+): is (\d+), and the latest is (\d+)$/,
    "레인 $1, $2에서 워커의 위치: $3인데 마지막은 $4이에요",
  ],
  [
    /^relay position of lane (\d+): is (\d+), and the lane ends at (\d+)$/,
    "레인 $1에서 릴레이의 위치: $2인데 레인은 $3에서 끝나요",
  ],
  [/^event (\S+) of the payment is missing$/, "결제의 $1번째 이벤트가 없어요"],
  [
    /^event (\S+) of the payment cannot follow what came before it$/,
    "결제의 $1번째 이벤트는 앞선 것에 이어질 수 없어요",
  ],
  [
    /^balance (\S+) (\S+) of lane (\d+): is (\S+) \/ (\S+) and its entries give (\S+) \/ (\S+)$/,
    "잔액 $1 $2, 레인 $3: 차변 $4 / 대변 $5인데 분개의 합은 $6 / $7이에요",
  ],
  [
    /^lane (\d+): (\d+) journal entries were posted, and (\d+) are there$/,
    "레인 $1: 분개를 $2건 적었다는데 $3건이 있어요",
  ],
  [
    /^lane (\d+): the chain head is not what its events up to (\d+) give$/,
    "레인 $1: 해시 사슬의 끝이 $2까지의 이벤트와 맞지 않아요",
  ],
  [/^lane (\d+): its latest event of (\S+) is not at (\d+)$/, "레인 $1: $2의 마지막 이벤트가 $3에 없어요"],
  [/^lane (\d+): is gone$/, "레인 $1: 사라졌어요"],
];

export function among(table: Known[], sentence: string): string {
  for (const [known, korean] of table) {
    const found = known.exec(sentence);
    if (!found) continue;
    return typeof korean === "string" ? sentence.replace(known, korean) : korean(...found);
  }
  return sentence;
}

const ALL = [...HEALTH, ...AWAY, ...PARKED, ...FOUND];

export function inKorean(sentence: string): string {
  return among(ALL, sentence);
}

/** A sentence of the platform, for whoever reads; where it stands alone it begins as a sentence does. */
export function said(sentence: string, lang: Lang): string {
  return lang === "ko" ? inKorean(sentence) : sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
