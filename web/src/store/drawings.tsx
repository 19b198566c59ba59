/** Our own drawings of what is for sale: lines and one colour. No photo, no logo of anybody. */
import type { ReactNode } from "react";

const LINE = {
  fill: "none",
  stroke: "var(--drawing)",
  strokeWidth: 1.6,
  strokeLinecap: "round",
  strokeLinejoin: "round",
  vectorEffect: "non-scaling-stroke",
} as const;

type Draw = (fill: string) => ReactNode;

const phone =
  (lenses: ReactNode, pen?: ReactNode): Draw =>
  (fill) => (
    <>
      <rect x="38" y="22" width="56" height="116" rx="11" fill={fill} {...stroke} />
      {lenses}
      <rect x="78" y="30" width="52" height="110" rx="10" fill="var(--surface)" {...stroke} />
      <rect x="82.500" y="34.500" width="43" height="101" rx="6.500" fill="var(--sunken)" stroke="none" />
      <path d="M98 40h12" {...LINE} strokeWidth="3.200" vectorEffect="none" />
      {pen}
    </>
  );

const stroke = { stroke: "var(--drawing)", strokeWidth: 1.6, vectorEffect: "non-scaling-stroke" } as const;

const drawings: Record<string, Draw> = {
  phone: phone(
    <>
      <rect x="43" y="28" width="17" height="34" rx="8.500" fill="none" {...stroke} />
      <circle cx="51.500" cy="37" r="5" fill="var(--surface)" {...stroke} />
      <circle cx="51.500" cy="53" r="5" fill="var(--surface)" {...stroke} />
    </>,
  ),
  "phone-pro": phone(
    <>
      <path d="M38 62V33a11 11 0 0 1 11-11h29v40Z" fill="none" {...stroke} />
      <circle cx="49" cy="34" r="5.500" fill="var(--surface)" {...stroke} />
      <circle cx="49" cy="50" r="5.500" fill="var(--surface)" {...stroke} />
      <circle cx="63" cy="42" r="5.500" fill="var(--surface)" {...stroke} />
    </>,
  ),
  "phone-ultra": phone(
    <>
      <circle cx="48" cy="36" r="5.500" fill="var(--surface)" {...stroke} />
      <circle cx="48" cy="52" r="5.500" fill="var(--surface)" {...stroke} />
      <circle cx="48" cy="68" r="5.500" fill="var(--surface)" {...stroke} />
      <circle cx="62" cy="44" r="3.200" fill="var(--surface)" {...stroke} />
      <circle cx="62" cy="60" r="3.200" fill="var(--surface)" {...stroke} />
    </>,
    <path d="m140 34-6 100" {...LINE} strokeWidth="4" vectorEffect="none" />,
  ),
  "phone-flip": (fill) => (
    <>
      <path d="M44 82h72v44a10 10 0 0 1-10 10H54a10 10 0 0 1-10-10Z" fill={fill} {...stroke} />
      <path d="M44 82 56 34a9 9 0 0 1 9-7h44a9 9 0 0 1 9 11l-2 44Z" fill="var(--surface)" {...stroke} />
      <path
        d="m51.500 78 11-40a5 5 0 0 1 5-3.700h38a5 5 0 0 1 5 5.400L109 78Z"
        fill="var(--sunken)"
        stroke="none"
      />
      <path d="M44 82h72" {...LINE} strokeWidth="3" vectorEffect="none" />
      <circle cx="60" cy="98" r="5" fill="var(--surface)" {...stroke} />
      <circle cx="76" cy="98" r="5" fill="var(--surface)" {...stroke} />
    </>
  ),
  tablet: (fill) => (
    <>
      <rect x="22" y="36" width="112" height="84" rx="9" fill={fill} {...stroke} />
      <rect x="30" y="44" width="112" height="84" rx="9" fill="var(--surface)" {...stroke} />
      <rect x="36" y="50" width="100" height="72" rx="4" fill="var(--sunken)" stroke="none" />
      <path d="M36 104c18-22 30-10 42-22s30-26 58-14" {...LINE} />
    </>
  ),
  "tablet-pen": (fill) => (
    <>
      <rect x="24" y="34" width="100" height="84" rx="8" fill={fill} {...stroke} />
      <rect x="31" y="41" width="86" height="70" rx="3.500" fill="var(--surface)" {...stroke} />
      <path d="M44 92c10-20 16 8 24-6s14-18 20-8 8 4 14-4" {...LINE} />
      <path d="m138 48-22 78-6 10 0-12 22-78a3.600 3.600 0 0 1 6 2Z" fill="var(--surface)" {...stroke} />
    </>
  ),
  purifier: (fill) => (
    <>
      <path d="M36 50 80 34l44 16v72l-44 16-44-16Z" fill={fill} {...stroke} />
      <path d="m36 50 44 16 44-16M80 66v72" {...LINE} />
      <path d="m46 50.500 34-12.300 34 12.300-34 12.300Z" fill="var(--surface)" {...stroke} />
      <path d="M46 70v46m8-43v46m8-43v46m8-43v46" {...LINE} strokeWidth="1.200" />
      <circle cx="102" cy="82" r="4" fill="var(--surface)" {...stroke} />
    </>
  ),
  robot: (fill) => (
    <>
      <path d="M96 30h34a6 6 0 0 1 6 6v88H90V36a6 6 0 0 1 6-6Z" fill="var(--surface)" {...stroke} />
      <path d="M98 42h30v26H98Z" fill={fill} {...stroke} />
      <path d="M90 124h46" {...LINE} />
      <ellipse cx="64" cy="112" rx="46" ry="15" fill="var(--sunken)" {...stroke} />
      <path d="M18 104v8m92-8v8" {...LINE} />
      <ellipse cx="64" cy="103" rx="46" ry="15" fill={fill} {...stroke} />
      <ellipse cx="64" cy="98" rx="14" ry="5" fill="var(--surface)" {...stroke} />
    </>
  ),
  kettle: (fill) => (
    <>
      <path d="M50 62h50l9 62a6 6 0 0 1-6 7H47a6 6 0 0 1-6-7Z" fill={fill} {...stroke} />
      <path d="M53 62c2-9 10-14 22-14s20 5 22 14" fill="var(--surface)" {...stroke} />
      <path d="M75 48v-6m-4 0h8" {...LINE} />
      <path d="M46 92C30 90 34 66 16 60" {...LINE} strokeWidth="5" vectorEffect="none" />
      <path d="M103 74c22-6 32 4 26 22-3 9-10 14-18 15" {...LINE} strokeWidth="4" vectorEffect="none" />
      <path d="M34 138h84" {...LINE} strokeWidth="3" vectorEffect="none" />
    </>
  ),
  lamp: (fill) => (
    <>
      <path d="M46 136h44" {...LINE} strokeWidth="4" vectorEffect="none" />
      <path d="M68 134 52 84l46-38" {...LINE} strokeWidth="2.400" vectorEffect="none" />
      <circle cx="52" cy="84" r="4" fill="var(--surface)" {...stroke} />
      <path d="m84 38 18-13 34 30-40 8Z" fill={fill} {...stroke} />
      <path d="m104 66 4 40m8-43 12 36m0-42 16 26" {...LINE} strokeDasharray="1 6" />
    </>
  ),
  stool: (fill) => (
    <>
      <path
        d="m52 66-16 70m72-70 16 70M66 68l-4 54m32-54 4 54"
        {...LINE}
        strokeWidth="4"
        vectorEffect="none"
      />
      <path d="M44 104h72" {...LINE} strokeWidth="3" vectorEffect="none" />
      <path d="M32 54c0-7 21-12 48-12s48 5 48 12v6c0 7-21 12-48 12S32 67 32 60Z" fill={fill} {...stroke} />
      <path d="M32 54c0 7 21 12 48 12s48-5 48-12" {...LINE} />
    </>
  ),
  mug: (fill) => (
    <>
      <path d="M88 50h42v36c0 12-8 18-21 18s-21-6-21-18Z" fill="var(--surface)" {...stroke} />
      <path d="M130 58c13-2 16 22-1 25" {...LINE} strokeWidth="3.400" vectorEffect="none" />
      <path d="M30 70h58v44c0 13-10 20-29 20s-29-7-29-20Z" fill={fill} {...stroke} />
      <path d="M30 80c-18-2-20 30 2 32" {...LINE} strokeWidth="4" vectorEffect="none" />
      <path d="M30 92h58" {...LINE} strokeDasharray="2 5" />
      <path d="M48 58c-4-6 4-8 0-15m20 15c-4-6 4-8 0-15" {...LINE} />
    </>
  ),
};

export function Drawing({
  kind,
  color,
  size = "100%",
}: {
  kind: string;
  color: string;
  size?: number | string;
}) {
  return (
    <svg viewBox="0 0 160 160" width={size} height={size} aria-hidden="true" focusable="false">
      {(drawings[kind] ?? drawings.phone)?.(color)}
    </svg>
  );
}
