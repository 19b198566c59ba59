/** What the platform says of its parts, in Korean. A sentence that is not known here is shown as it came. */

const SENTENCES: [RegExp, string][] = [
  [/^version (\S+), since (\S+); wants requests$/, "버전 $1, $2부터 · 요청을 받아요"],
  [/^version (\S+), since (\S+); is stopping$/, "버전 $1, $2부터 · 멈추는 중이에요"],
  [/^version (\S+), since (\S+); is not ready$/, "버전 $1, $2부터 · 아직 준비가 안 됐어요"],
  [/^this process answered$/, "이 프로세스가 답했어요"],
  [/^(\d+) lanes were read$/, "레인 $1개를 읽었어요"],
  [
    /^read lanes, positions and outstanding attempts in one snapshot$/,
    "레인, 위치, 남은 시도를 한 시점에서 읽었어요",
  ],
  [/^the store could not be read$/, "저장소를 읽지 못했어요"],
  [/^none is open$/, "열린 것이 없어요"],
  [/^(\d+) are open$/, "$1건이 열려 있어요"],
  [/^counted them$/, "세어 봤어요"],
  [/^no call waits longer than that$/, "그보다 오래 기다리는 요청이 없어요"],
  [/^(\d+) calls wait longer than that$/, "요청 $1건이 그보다 오래 기다려요"],
  [
    /^looked for calls outstanding for more than 10 s; it was not called$/,
    "10초 넘게 답이 없는 요청을 찾아봤어요. 직접 부르지는 않았어요",
  ],
  [/^compared its positions with the lanes$/, "읽은 자리와 레인의 끝을 견줬어요"],
  [/^nothing waits$/, "기다리는 것이 없어요"],
  [/^(\d+) events wait, the oldest for (\d+) (ms|s)$/, "이벤트 $1건이 기다려요. 가장 오래된 것은 $2 $3"],
  [/^answered$/, "답했어요"],
  [/^was not asked$/, "묻지 않았어요"],
  [/^(.*); limits let every call pass$/, "$1 · 한도를 확인하지 못해 모두 통과시켜요"],
  [/^read a limit that nobody uses$/, "아무도 쓰지 않는 한도를 읽었어요"],
  [/^no proof has been run by this process$/, "이 프로세스는 아직 증명을 돌리지 않았어요"],
  [/^the last incremental run found nothing wrong$/, "최근 증분 검사에서 틀린 것이 없었어요"],
  [/^the last full run found nothing wrong$/, "최근 전체 검사에서 틀린 것이 없었어요"],
  [/^do not hold: (.*)$/, "깨진 증명: $1"],
  [/^the last run of the ledger's proofs$/, "원장 증명의 최근 결과예요"],
];

export function inKorean(sentence: string): string {
  for (const [known, korean] of SENTENCES) {
    if (known.test(sentence)) return sentence.replace(known, korean);
  }
  return sentence;
}
