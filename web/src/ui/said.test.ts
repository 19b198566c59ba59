/** The server's sentences in Korean: those that are written in its source today, and a few whole ones. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ATTRIBUTES, among, inKorean, OF_ANSWER, OF_DEAD_LETTER, said } from "./said";

const crates = join(__dirname, "../../../crates");
/** Where sentences are written that a page of the console shows. */
const SOURCES = [
  "server/src/http/components.rs",
  "server/src/faults/cache.rs",
  "server/src/faults/broker.rs",
  "engine/src/pipeline/worker/message.rs",
  "engine/src/pipeline/worker/classify.rs",
  "engine/src/pipeline/dead_letters.rs",
  "engine/src/ports/error.rs",
  "domain/src/ledger/posting.rs",
  "domain/src/payment/replay.rs",
  ...readdirSync(join(crates, "engine/src/proofs"))
    // What each proof says is translated by its name.
    .filter((name) => name.endsWith(".rs") && name !== "report.rs")
    .map((name) => `engine/src/proofs/${name}`),
  ...readdirSync(join(crates, "cache/src/redis"))
    .filter((name) => name.endsWith(".rs"))
    .map((name) => `cache/src/redis/${name}`),
];

/** Parts of sentences, what a payload says, what is only logged, and refusals of calls, which pages know by their code. */
const NOT_SHOWN = new Set([
  "wants requests",
  "is stopping",
  "is not ready",
  "version {}, since {}; {word}",
  "name the log",
  "prepare topics",
  "join the readers",
  "missing field `",
  "answer {lane}-{number}",
  "answer {lane}-{number} of {} to {}",
  "{name}: {why}",
  "move dead letter",
  "there is no such dead letter",
  "the dead letter is {0}",
  "foreign: it can only be discarded",
  "changed by someone else ({what})",
  "the proofs are running already",
  "read the books",
  "slipped in from the Lab",
]);

/** Texts that begin like a sentence of ours, without those of tests, comments, assertions and the log. */
function sentencesOf(source: string): string[] {
  const [ours = ""] = source.split("#[cfg(test)]");
  const code = ours
    .replaceAll(/^\s*\/\/.*$/gm, "")
    .replaceAll(/(?:assert\w*|tracing::\w+|expect)!?\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/g, "");
  return [...code.matchAll(/"((?:[^"\\]|\\[\s\S])*)"/g)]
    .map(([, text = ""]) => text.replaceAll(/\\\n\s*/g, ""))
    .filter((text) => /^[a-z{]/.test(text) && text.includes(" ") && !NOT_SHOWN.has(text));
}

test("whatever the server's source says of its parts, of events and of proofs is known in Korean", () => {
  const sentences = SOURCES.flatMap((path) => sentencesOf(readFileSync(join(crates, path), "utf8")));
  expect(sentences.length).toBeGreaterThan(70);
  const unknown = sentences
    .map((text) => text.replaceAll(/\{\w*\}/g, "7"))
    .filter((text) => !(text in ATTRIBUTES) && !/[가-힣]/.test(inKorean(text)))
    // What stands behind the name of its row.
    .filter((text) => !/[가-힣]/.test(among([...OF_ANSWER, ...OF_DEAD_LETTER], text)));
  expect(unknown).toEqual([]);
});

test("a sentence is said with what it is about, and one nobody knows as it came", () => {
  for (const [english, korean] of [
    [
      "switched off in the Lab; limits let every call pass",
      "실험실에서 껐어요 · 한도를 확인하지 못해 모두 통과시켜요",
    ],
    ["the last incremental run found nothing wrong", "최근 증분 검사에서 틀린 것이 없었어요"],
    [
      "envelope cannot be read: field `id` is missing (line 1, column 23)",
      "이벤트를 읽을 수 없어요: ‘id’ 필드가 없어요 (1행 23열)",
    ],
    ["event 2-19: is not in the outbox", "이벤트 2-19: 아웃박스에 없어요"],
    ["payment 17: event 3 of the payment is missing", "결제 17: 3번째 이벤트가 없어요"],
    [
      "payment 17: its capture mode is not what its events say; it is stored as AUTHORIZED and they make it AUTHORIZED",
      "결제 17: 매입 방식 — 이벤트와 달라요. 저장된 것은 AUTHORIZED, 이벤트로는 AUTHORIZED",
    ],
    [
      "answer 2-19 of M123 to authorize: tells another amount than payment 17 has",
      "저장된 답 2-19 (M123, authorize): 결제 17의 것과 다른 값을 말해요: 금액",
    ],
    [
      "dead letter 3: is foreign, and is said to be redriven",
      "처리 불가 이벤트 3: 우리 이벤트가 아닌데 다시 처리했다고 적혀 있어요",
    ],
    ["the moon is full", "the moon is full"],
  ] as const) {
    expect(inKorean(english)).toBe(korean);
    expect(said(english, "en").toLowerCase()).toBe(english.toLowerCase());
  }
});
