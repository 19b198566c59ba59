/** Money, times and durations as people read them. Money is an integer of minor units, never a float. */
import type { Lang } from "./i18n";

const DIGITS: Record<string, number> = { KRW: 0, JPY: 0, KWD: 3, BHD: 3 };
const MINUS = "−";

/** `1690000` → `1,690,000`; `-5` → `−5`. */
export function grouped(amount: number | bigint): string {
  const text = String(amount);
  const negative = text.startsWith("-");
  const digits = (negative ? text.slice(1) : text).replace(/\B(?=(\d{3})+$)/g, ",");
  return negative ? MINUS + digits : digits;
}

/** An amount without its currency, with the decimals the currency has. */
export function amount(minorUnits: number, currency = "KRW"): string {
  const digits = DIGITS[currency] ?? 2;
  if (digits === 0) return grouped(minorUnits);
  const text = String(Math.abs(minorUnits)).padStart(digits + 1, "0");
  const whole = grouped(BigInt(text.slice(0, -digits)));
  return `${minorUnits < 0 ? MINUS : ""}${whole}.${text.slice(-digits)}`;
}

/** An amount with its currency: `1,690,000원`, `₩1,690,000`, `$12.30`. */
export function money(minorUnits: number, currency: string, lang: Lang): string {
  if (currency === "KRW") {
    const text = grouped(Math.abs(minorUnits));
    const sign = minorUnits < 0 ? MINUS : "";
    return lang === "ko" ? `${sign}${text}원` : `${sign}₩${text}`;
  }
  return `${amount(minorUnits, currency)} ${currency}`;
}

export type Zone = "seoul" | "utc";
const ZONES: Record<Zone, { offsetMinutes: number; name: string }> = {
  seoul: { offsetMinutes: 540, name: "KST" },
  utc: { offsetMinutes: 0, name: "UTC" },
};

/** `2026-11-22 17:15:03.412 KST`: a fixed form, the same in both languages. Korea has no summer time. */
export function time(iso: string, zone: Zone = "seoul", precise = true): string {
  const { offsetMinutes, name } = ZONES[zone];
  const at = new Date(Date.parse(iso) + offsetMinutes * 60_000).toISOString();
  const clock = precise ? at.slice(11, 23) : at.slice(11, 19);
  return `${at.slice(0, 10)} ${clock} ${name}`;
}

/** `11-22 17:15:03`, for tables. */
export function shortTime(iso: string, zone: Zone = "seoul"): string {
  return time(iso, zone, false).slice(5, 19);
}

const UNITS: [number, string, string][] = [
  [86_400, "일", "d"],
  [3_600, "시간", "h"],
  [60, "분", "m"],
  [1, "초", "s"],
];

/** `38 ms`, `1.2초`, `1.2 s`, `3분 2초`. */
export function duration(ms: number, lang: Lang): string {
  if (ms === 0) return "0 ms";
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1).replace(/\.0$/, "") : Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1).replace(/\.0$/, "")}${lang === "ko" ? "초" : " s"}`;
  let rest = Math.round(ms / 1000);
  const parts: string[] = [];
  for (const [seconds, ko, en] of UNITS) {
    const count = Math.floor(rest / seconds);
    rest %= seconds;
    if (count > 0 && parts.length < 2) parts.push(`${count}${lang === "ko" ? ko : en}`);
  }
  return parts.join(" ");
}

/** `3분 전`, `3m ago`; what is still to come: `6일 뒤`, `in 6d`. */
export function away(iso: string, now: number, lang: Lang): string {
  const ms = Date.parse(iso) - now;
  if (ms < 1500) return ago(iso, now, lang);
  const [seconds, ko, en] = UNITS.find(([unit]) => ms >= unit * 1000) ?? [1, "초", "s"];
  const count = Math.floor(ms / 1000 / seconds);
  return lang === "ko" ? `${count}${ko} 뒤` : `in ${count}${en}`;
}

/** `3분 전`, `3m ago`. */
export function ago(iso: string, now: number, lang: Lang): string {
  const ms = Math.max(0, now - Date.parse(iso));
  if (ms < 1500) return lang === "ko" ? "방금" : "just now";
  const [seconds, ko, en] = UNITS.find(([unit]) => ms >= unit * 1000) ?? [1, "초", "s"];
  const count = Math.floor(ms / 1000 / seconds);
  return lang === "ko" ? `${count}${ko} 전` : `${count}${en} ago`;
}

/** The monthly amounts of an instalment plan: the first month carries the remainder. */
export function instalments(total: number, months: number): { first: number; later: number } {
  const later = Math.floor(total / months);
  return { first: total - later * (months - 1), later };
}
