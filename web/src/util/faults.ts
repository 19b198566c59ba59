/** What happens when something is broken on purpose; the same in the Lab and on the developer pages. */
import { words } from "./i18n";

export const faultTexts = words(
  {
    brokerOff: "브로커에 닿지 않아요. 이벤트는 아웃박스에 남아 기다려요.",
    workerPaused: "워커가 읽지 않아요. 원장 기장이 기다려요.",
    cacheOff: "캐시에 닿지 않아요. 한도는 통과시키고(fail-open), 멱등 키는 데이터베이스에서 찾아요.",
    acquirerDelayMs: "매입사가 그만큼 늦게 답해요. 10,000까지.",
    acquirerErrorPercent: "백 번에 그만큼 매입사가 실패해요.",
  },
  {
    brokerOff: "The broker cannot be reached. Events wait in the outbox.",
    workerPaused: "The worker reads nothing. The ledger waits.",
    cacheOff: "The cache cannot be reached. Limits let calls pass (fail-open); keys are found in the books.",
    acquirerDelayMs: "The acquirer answers that much later, up to 10,000.",
    acquirerErrorPercent: "Of a hundred calls the acquirer fails that many.",
  },
);
