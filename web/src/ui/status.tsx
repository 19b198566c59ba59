/** How a payment stands, and how fresh what is shown is: shape, word and colour, the same everywhere. */
import { useWords } from "../util/i18n";
import type { LiveState } from "../util/liveHub";
import { Badge, classes, type Tone } from "./parts";
import s from "./ui.module.css";
import { common } from "./words";

export type PaymentStatus =
  | "PROCESSING"
  | "AUTHORIZED"
  | "PARTIALLY_CAPTURED"
  | "CAPTURED"
  | "PARTIALLY_REFUNDED"
  | "REFUNDED"
  | "VOIDED"
  | "EXPIRED"
  | "DECLINED";

export const STATUSES: PaymentStatus[] = [
  "PROCESSING",
  "AUTHORIZED",
  "PARTIALLY_CAPTURED",
  "CAPTURED",
  "PARTIALLY_REFUNDED",
  "REFUNDED",
  "VOIDED",
  "EXPIRED",
  "DECLINED",
];

const TONES: Record<PaymentStatus, Tone> = {
  PROCESSING: "wait",
  AUTHORIZED: "wait",
  PARTIALLY_CAPTURED: "wait",
  CAPTURED: "ok",
  PARTIALLY_REFUNDED: "back",
  REFUNDED: "back",
  VOIDED: "muted",
  EXPIRED: "muted",
  DECLINED: "bad",
};

/** How much of the disc is filled. */
const FILLED: Partial<Record<PaymentStatus, number>> = {
  PROCESSING: 0.25,
  AUTHORIZED: 0.5,
  PARTIALLY_CAPTURED: 0.75,
  CAPTURED: 1,
};

function Glyph({ status }: { status: PaymentStatus }) {
  const filled = FILLED[status];
  return (
    <svg
      width="11"
      height="11"
      viewBox="0 0 12 12"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      aria-hidden="true"
    >
      {filled === 1 && <circle cx="6" cy="6" r="4.6" fill="currentColor" />}
      {filled !== undefined && filled < 1 && (
        <>
          <circle cx="6" cy="6" r="4.6" />
          <path
            d={`M6 6V1.400A4.600 4.600 0 ${filled > 0.5 ? 1 : 0} 1 ${filled === 0.25 ? "10.600 6" : filled === 0.5 ? "6 10.600" : "1.400 6"}Z`}
            fill="currentColor"
            stroke="none"
          />
        </>
      )}
      {(status === "REFUNDED" || status === "PARTIALLY_REFUNDED") && (
        <path
          d="M4.500 2 2 4.500 4.500 7M2 4.500h5a2.700 2.700 0 0 1 0 5.400H5"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      )}
      {(status === "VOIDED" || status === "EXPIRED") && (
        <>
          <circle cx="6" cy="6" r="4.6" />
          <path d="m2.800 9.200 6.400-6.400" />
        </>
      )}
      {status === "DECLINED" && <path d="m2.500 2.500 7 7m0-7-7 7" strokeLinecap="round" />}
    </svg>
  );
}

export function isStatus(text: string): text is PaymentStatus {
  return (STATUSES as string[]).includes(text);
}

export function Status({ status }: { status: string }) {
  const t = useWords(common);
  if (!isStatus(status)) return <Badge title={status}>{status}</Badge>;
  return (
    <Badge tone={TONES[status]} glyph={<Glyph status={status} />} title={status}>
      {t(status)}
    </Badge>
  );
}

/** Whether what is shown follows what happens. A full dot means that it does, and nothing else. */
export function LiveChip({ state }: { state: LiveState }) {
  const t = useWords(common);
  return (
    <span className={s.live} role="status">
      <span className={classes(s.dot, state !== "open" && s.dotOff)} aria-hidden="true" />
      {t(`live_${state}`)}
    </span>
  );
}
