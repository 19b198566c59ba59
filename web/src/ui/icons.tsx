/** Our own small set: 16 px, 1.5 px strokes. Decoration only; the word beside an icon says it. */
import type { ReactNode } from "react";

const paths = {
  search: <path d="M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9Zm3.3 7.8 3.2 3.2" />,
  cart: <path d="M1.5 2.5h2l1.6 7.6h7l1.4-5.6H4M6.2 13.4h.1m5.2 0h.1" />,
  receipt: (
    <path d="M3.5 1.8v12.4l1.5-1 1.5 1 1.5-1 1.5 1 1.5-1 1.5 1V1.8l-1.5 1-1.5-1-1.5 1-1.5-1-1.5 1-1.5-1ZM6 6h4M6 9h4" />
  ),
  sun: (
    <path d="M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6ZM8 1v1.5m0 11V15M1 8h1.5m11 0H15M3 3l1.1 1.1m7.8 7.8L13 13M13 3l-1.1 1.1M4.100 11.9 3 13" />
  ),
  moon: <path d="M13.5 9.8A6 6 0 0 1 6.200 2.500a6 6 0 1 0 7.300 7.300Z" />,
  check: <path d="m3 8.400 3.300 3.300L13 5" />,
  cross: <path d="m4 4 8 8m0-8-8 8" />,
  copy: <path d="M5.500 5.500v-3h8v8h-3m-8-5h8v8h-8z" />,
  flask: (
    <path d="M6 1.800h4M6.800 2v4L3 12.800c-.4.7 0 1.400.8 1.400h8.400c.8 0 1.200-.7.800-1.400L9.200 6V2M4.700 10h6.600" />
  ),
  arrow: <path d="M2.500 8h11m-4-4 4 4-4 4" />,
  back: <path d="M13.500 8h-11m4-4-4 4 4 4" />,
  warn: <path d="M8 2 1.500 13.500h13L8 2Zm0 4.500v3.300m0 1.900v.1" />,
  info: <path d="M8 1.800a6.200 6.200 0 1 1 0 12.400A6.200 6.200 0 0 1 8 1.800Zm0 5.400v4m0-6.300v.1" />,
  minus: <path d="M3 8h10" />,
  plus: <path d="M3 8h10M8 3v10" />,
  pause: <path d="M5.500 3v10m5-10v10" />,
  play: <path d="M4.500 2.800v10.400L13 8 4.500 2.800Z" />,
  print: <path d="M4.500 6V2h7v4m-7 5.500h-2.500V6h12v5.500h-2.500m-7-2h7v4.500h-7z" />,
  download: <path d="M8 2v8m-3.500-3.500L8 10l3.500-3.500M2.500 13.500h11" />,
  menu: <path d="M2 4h12M2 8h12M2 12h12" />,
  trash: <path d="M2.500 4h11M6 4V2h4v2m-6 0 .6 10h6.800L12 4" />,
  refresh: <path d="M13.500 8a5.500 5.500 0 1 1-1.600-3.900L13.500 5.500m0-3.500v3.500H10" />,
  filter: <path d="M2 3.500h12M4.500 8h7M6.500 12.500h3" />,
  keyboard: <path d="M1.500 4h13v8.500h-13zM4 6.700h.1m2.600 0h.1m2.600 0h.1m2.500 0h.1M4.500 9.800h7" />,
  terminal: <path d="M1.500 2.800h13v10.400h-13zM4 6l2.200 2L4 10M7.800 10.500H11" />,
  key: <path d="M10.500 2a3.500 3.500 0 1 1-2.600 5.800L2 13.700M4.500 11.300l1.600 1.600" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {paths[name]}
    </svg>
  );
}

/** The mark of the house: a square seal. Vermilion means one thing only: posted to the ledger. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect x="1" y="1" width="30" height="30" rx="3" fill="var(--seal)" />
      <path
        d="M9 9h14M9 16h14M16 9v14M9 23h14"
        stroke="var(--on-seal)"
        strokeWidth="2.6"
        fill="none"
        strokeLinecap="square"
      />
    </svg>
  );
}
