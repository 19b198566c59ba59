/** Test cards: numbers developers know, each with the token that stands for it. A card number never leaves this tab. */
import type { Lang } from "./i18n";

export interface TestCard {
  id: string;
  number: string;
  token: string;
  ko: string;
  en: string;
  /** What the platform answers. */
  outcome: string;
}

export const TEST_CARDS: readonly TestCard[] = [
  {
    id: "approve",
    number: "4242424242424242",
    token: "tok_approve",
    ko: "승인",
    en: "Approve",
    outcome: "200 CAPTURED",
  },
  {
    id: "decline",
    number: "4000000000000002",
    token: "tok_decline",
    ko: "카드 거절",
    en: "Declined",
    outcome: "402 generic_decline",
  },
  {
    id: "funds",
    number: "4000000000009995",
    token: "tok_insufficient_funds",
    ko: "한도 부족",
    en: "Insufficient funds",
    outcome: "402 insufficient_funds",
  },
  {
    id: "lost",
    number: "4000000000009987",
    token: "tok_lost_card",
    ko: "분실 카드",
    en: "Lost card",
    outcome: "402 lost_card",
  },
  {
    id: "stolen",
    number: "4000000000009979",
    token: "tok_stolen_card",
    ko: "도난 카드",
    en: "Stolen card",
    outcome: "402 stolen_card",
  },
  {
    id: "expired",
    number: "4000000000000069",
    token: "tok_expired_card",
    ko: "유효기간 지남",
    en: "Expired",
    outcome: "402 expired_card",
  },
  {
    id: "cvc",
    number: "4000000000000127",
    token: "tok_incorrect_cvc",
    ko: "CVC 오류",
    en: "Wrong CVC",
    outcome: "402 incorrect_cvc",
  },
  {
    id: "error",
    number: "4000000000000119",
    token: "tok_processing_error",
    ko: "카드사 오류",
    en: "Processor error",
    outcome: "502 ACQUIRER_ERROR",
  },
  {
    id: "timeout",
    number: "4000000000000408",
    token: "tok_timeout",
    ko: "응답 없음",
    en: "No answer",
    outcome: "504 OUTCOME_UNKNOWN",
  },
  { id: "luhn", number: "4242424242424241", token: "", ko: "번호 오류", en: "Invalid number", outcome: "" },
];

/** Digits only. */
export function digits(text: string): string {
  return text.replace(/\D/g, "");
}

/** `4242424242424242` → `4242 4242 4242 4242`. */
export function spaced(number: string): string {
  return digits(number).replace(/(\d{4})(?=\d)/g, "$1 ");
}

/** The check digit of ISO/IEC 7812-1. */
export function luhn(number: string): boolean {
  const sum = [...digits(number)].reverse().reduce((total, digit, place) => {
    const value = Number(digit) * (place % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return number.length > 0 && sum % 10 === 0;
}

export type CardCheck = { token: string } | { problem: "number" | "real" };

/** The token that stands for a number; a number that could be somebody's is refused. */
export function tokenOf(number: string): CardCheck {
  const bare = digits(number);
  if (bare.length < 13 || bare.length > 19 || !luhn(bare)) return { problem: "number" };
  const card = TEST_CARDS.find((one) => one.number === bare);
  return card ? { token: card.token } : { problem: "real" };
}

/** Whether `MM/YY` lies at or after `now`. */
export function expiryIsValid(text: string, now: Date): boolean {
  const match = /^(0[1-9]|1[0-2])\s*\/\s*(\d{2})$/.exec(text.trim());
  if (!match) return false;
  const end = new Date(2000 + Number(match[2]), Number(match[1]), 1);
  return end.getTime() > now.getTime();
}

/** Why a card was declined, for those who run the platform: what the test card is called that is declined so. */
export function declineName(code: string, lang: Lang): string {
  return TEST_CARDS.find((card) => card.outcome.endsWith(` ${code}`))?.[lang] ?? code;
}
